import { RAD_PER_DEG, type SkyPosition } from '../../sky/sphere.ts';
import { choleskyInPlace, type PlaneMap, solveCholesky } from './plane-map.ts';
import { evaluateSip, monomials, SIP_MAX_ORDER, type SipPolynomial, sipLength } from './sip.ts';
import type { Sip, Wcs } from './wcs.ts';

/**
 * The world coordinates that say the same as a map from pixels (from `crpix`, 0-based) to the gnomonic plane about
 * `centre` in `unitRad`: its linear terms are CD, the higher ones, taken through the inverse of CD, the SIP polynomials
 * A and B. The map's constant term must be nil or be in `centre` already. AP and BP are fitted over the image `corner` reaches to.
 */
export function wcsOfMap(
  map: PlaneMap,
  centre: SkyPosition,
  unitRad: number,
  crpix: { x: number; y: number },
  corner: { readonly u: number; readonly v: number },
): Wcs {
  const unitDeg = unitRad / RAD_PER_DEG;
  const cd = [map.toX[1]!, map.toX[2]!, map.toY[1]!, map.toY[2]!].map((c) => (c * unitDeg) / map.normPx);
  const [cd11, cd12, cd21, cd22] = cd as [number, number, number, number];
  const wcs: Wcs = { crvalDeg: centre, crpix, cd: [cd11, cd12, cd21, cd22] };
  if (map.order < 2) return wcs;
  const determinant = cd11 * cd22 - cd12 * cd21;
  const a = new Float64Array(sipLength(map.order));
  const b = new Float64Array(sipLength(map.order));
  for (let degree = 2; degree <= map.order; degree++) {
    const norm = unitDeg / map.normPx ** degree;
    for (let t = (degree * (degree + 1)) / 2; t < sipLength(degree); t++) {
      const xi = map.toX[t]! * norm;
      const eta = map.toY[t]! * norm;
      a[t] = (cd22 * xi - cd12 * eta) / determinant;
      b[t] = (cd11 * eta - cd21 * xi) / determinant;
    }
  }
  const forward = { a: { order: map.order, coefficients: a }, b: { order: map.order, coefficients: b } };
  return { ...wcs, sip: { ...forward, ...fitInverse(forward, corner) } };
}

/**
 * AP and BP of the SIP convention: polynomials with which u = U + AP(U, V), v = V + BP(U, V) undo the distortion, fitted
 * by least squares on a grid over the image, two orders above the forward ones. Nothing where they cannot be determined.
 */
function fitInverse(
  { a, b }: Sip,
  corner: { readonly u: number; readonly v: number },
): { ap: SipPolynomial; bp: SipPolynomial } | undefined {
  const order = Math.min(SIP_MAX_ORDER, a.order + 2);
  const terms = sipLength(order);
  const norm = Math.max(corner.u, corner.v) * 1.05;
  const normal = new Float64Array(terms * terms);
  const ap = new Float64Array(terms);
  const bp = new Float64Array(terms);
  const row = new Float64Array(terms);
  const steps = 2 * order + 6;
  for (let j = 0; j <= steps; j++) {
    for (let i = 0; i <= steps; i++) {
      const u = corner.u * Math.cos((Math.PI * i) / steps);
      const v = corner.v * Math.cos((Math.PI * j) / steps);
      const du = evaluateSip(a, u, v);
      const dv = evaluateSip(b, u, v);
      monomials(order, (u + du) / norm, (v + dv) / norm, row);
      for (let s = 0; s < terms; s++) {
        ap[s]! -= row[s]! * du;
        bp[s]! -= row[s]! * dv;
        for (let t = 0; t <= s; t++) normal[s * terms + t]! += row[s]! * row[t]!;
      }
    }
  }
  if (!choleskyInPlace(normal, terms)) return undefined;
  solveCholesky(normal, terms, ap);
  solveCholesky(normal, terms, bp);
  for (let degree = 0; degree <= order; degree++) {
    for (let t = (degree * (degree + 1)) / 2; t < sipLength(degree); t++) {
      ap[t]! /= norm ** degree;
      bp[t]! /= norm ** degree;
    }
  }
  return { ap: { order, coefficients: ap }, bp: { order, coefficients: bp } };
}
