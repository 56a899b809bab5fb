import { gnomonicPosition, localFrame, RAD_PER_DEG, type SkyPosition } from '../../sky/sphere.ts';
import { evaluateSip, type SipPolynomial, sipGradient } from './sip.ts';

/**
 * A world coordinate system: the gnomonic projection (TAN; Calabretta & Greisen 2002, A&A 395, 1077, with LONPOLE 180)
 * behind a linear matrix and, where `sip` is present, the SIP distortion (Shupe et al. 2005). Pixels are 0-based here;
 * the FITS CRPIX is `crpix + 1`.
 */
export interface Wcs {
  /** The position of the reference point, degrees ICRS. */
  readonly crvalDeg: SkyPosition;
  /** The reference point, 0-based pixels. */
  readonly crpix: { readonly x: number; readonly y: number };
  /** [CD1_1, CD1_2, CD2_1, CD2_2]: degrees of (xi east, eta north) per pixel of (x, y). */
  readonly cd: readonly [number, number, number, number];
  readonly sip?: Sip;
}

export interface Sip {
  /** Pixels added to u and v before the matrix. */
  readonly a: SipPolynomial;
  readonly b: SipPolynomial;
  /** The fitted inverse, where known: an approximation for other programs; `skyToPixel` does not need it. */
  readonly ap?: SipPolynomial;
  readonly bp?: SipPolynomial;
}

/** The position (ICRS, degrees, RA in [0, 360)) of the 0-based pixel (x, y). */
export function pixelToSky(wcs: Wcs, x: number, y: number): SkyPosition {
  const u = x - wcs.crpix.x;
  const v = y - wcs.crpix.y;
  const fu = wcs.sip ? u + evaluateSip(wcs.sip.a, u, v) : u;
  const fv = wcs.sip ? v + evaluateSip(wcs.sip.b, u, v) : v;
  const [cd11, cd12, cd21, cd22] = wcs.cd;
  const xi = (cd11 * fu + cd12 * fv) * RAD_PER_DEG;
  const eta = (cd21 * fu + cd22 * fv) * RAD_PER_DEG;
  return gnomonicPosition(wcs.crvalDeg, xi, eta);
}

/**
 * The 0-based pixel of a position (degrees), or undefined where the gnomonic projection does not reach (90 degrees and
 * more from the reference point) or the distortion cannot be inverted there.
 */
export function skyToPixel(wcs: Wcs, position: SkyPosition): { x: number; y: number } | undefined {
  const { up, east, north } = localFrame(wcs.crvalDeg);
  const [x, y, z] = localFrame(position).up;
  const depth = x * up[0] + y * up[1] + z * up[2];
  if (!(depth > 1e-6)) return undefined;
  const xi = (x * east[0] + y * east[1] + z * east[2]) / depth / RAD_PER_DEG;
  const eta = (x * north[0] + y * north[1] + z * north[2]) / depth / RAD_PER_DEG;
  const [cd11, cd12, cd21, cd22] = wcs.cd;
  const determinant = cd11 * cd22 - cd12 * cd21;
  const fu = (cd22 * xi - cd12 * eta) / determinant;
  const fv = (cd11 * eta - cd21 * xi) / determinant;
  const focal = wcs.sip ? undistort(wcs.sip, fu, fv) : { u: fu, v: fv };
  return focal && { x: focal.u + wcs.crpix.x, y: focal.v + wcs.crpix.y };
}

/** Newton's method on the forward distortion: (u, v) such that (u + A, v + B) = (fu, fv). */
function undistort({ a, b }: Sip, fu: number, fv: number): { u: number; v: number } | undefined {
  const slopeA = new Float64Array(2);
  const slopeB = new Float64Array(2);
  let u = fu;
  let v = fv;
  for (let iteration = 0; iteration < 40; iteration++) {
    const missU = u + evaluateSip(a, u, v) - fu;
    const missV = v + evaluateSip(b, u, v) - fv;
    if (Math.abs(missU) + Math.abs(missV) < 1e-10 * (1 + Math.abs(fu) + Math.abs(fv))) return { u, v };
    sipGradient(a, u, v, slopeA);
    sipGradient(b, u, v, slopeB);
    const uu = 1 + slopeA[0]!;
    const vv = 1 + slopeB[1]!;
    const determinant = uu * vv - slopeA[1]! * slopeB[0]!;
    if (!(determinant > 0)) return undefined;
    u -= (vv * missU - slopeA[1]! * missV) / determinant;
    v -= (uu * missV - slopeB[0]! * missU) / determinant;
  }
  return undefined;
}

/** The linear description of a solution at its reference point. */
export interface Orientation {
  /** Square root of the area of a pixel. */
  readonly scaleArcsecPerPx: number;
  /** Position angle of the +y axis, from north through east, in [0, 360) degrees. */
  readonly rotationDeg: number;
  /** The sign of det CD: -1 for an image as the sky is seen (east left of north), +1 for a mirrored one. */
  readonly parity: 1 | -1;
}

export function orientation({ cd: [cd11, cd12, cd21, cd22] }: Wcs): Orientation {
  const determinant = cd11 * cd22 - cd12 * cd21;
  const angle = Math.atan2(cd12, cd22) / RAD_PER_DEG;
  return {
    scaleArcsecPerPx: Math.sqrt(Math.abs(determinant)) * 3600,
    rotationDeg: angle < 0 ? angle + 360 : angle,
    parity: determinant > 0 ? 1 : -1,
  };
}
