import { RAD_PER_DEG } from '../../sky/sphere.ts';
import { SIP_MAX_ORDER, type SipPolynomial, sipIndex, sipLength } from './sip.ts';
import type { Sip, Wcs } from './wcs.ts';

/** FITS keywords by name, in the order in which they are written. */
export type WcsKeywords = Record<string, string | number>;

/** The FITS keywords of a solution, by the standard (Calabretta & Greisen 2002) and the SIP convention. */
export function wcsToKeywords(wcs: Wcs): WcsKeywords {
  const suffix = wcs.sip ? '-SIP' : '';
  const keywords: WcsKeywords = {
    WCSAXES: 2,
    CTYPE1: `RA---TAN${suffix}`,
    CTYPE2: `DEC--TAN${suffix}`,
    CUNIT1: 'deg',
    CUNIT2: 'deg',
    RADESYS: 'ICRS',
    CRVAL1: wcs.crvalDeg.raDeg,
    CRVAL2: wcs.crvalDeg.decDeg,
    CRPIX1: wcs.crpix.x + 1,
    CRPIX2: wcs.crpix.y + 1,
    CD1_1: wcs.cd[0],
    CD1_2: wcs.cd[1],
    CD2_1: wcs.cd[2],
    CD2_2: wcs.cd[3],
  };
  if (!wcs.sip) return keywords;
  const { a, b, ap, bp } = wcs.sip;
  writeSip(keywords, 'A', a, 2);
  writeSip(keywords, 'B', b, 2);
  if (ap && bp) {
    writeSip(keywords, 'AP', ap, 0);
    writeSip(keywords, 'BP', bp, 0);
  }
  return keywords;
}

function writeSip(keywords: WcsKeywords, name: string, polynomial: SipPolynomial, minDegree: number): void {
  keywords[`${name}_ORDER`] = polynomial.order;
  for (let degree = minDegree; degree <= polynomial.order; degree++) {
    for (let q = 0; q <= degree; q++) {
      const p = degree - q;
      keywords[`${name}_${p}_${q}`] = polynomial.coefficients[sipIndex(p, q)]!;
    }
  }
}

/** Pixels of a WCS on the sky lie between these, arcsec: the identity that programs put where they know nothing does not. */
const leastScale = 0.001;
const mostScale = 3599;

export type ReadWcs = { readonly wcs: Wcs } | { readonly wcs?: undefined; readonly reason: string };

/**
 * The solution in a header, looked up by keyword. Understood: RA/Dec axes in either order, TAN with or without SIP
 * (also without the "-SIP" that some programs forget), the matrix as CD, as PC with CDELT, or as CDELT with CROTA2.
 * Anything else is no solution, with the reason, and so are placeholders: a reference position of zeros, pixels of a degree.
 */
export function wcsFromKeywords(value: (keyword: string) => unknown): ReadWcs {
  const number = (keyword: string): number | undefined => {
    const found = value(keyword);
    return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
  };
  const types = [value('CTYPE1'), value('CTYPE2')].map((type) => (typeof type === 'string' ? type.trim() : ''));
  const isRa = types.map((type) => /^RA---TAN(-SIP)?$/.test(type));
  const isDec = types.map((type) => /^DEC--TAN(-SIP)?$/.test(type));
  const swapped = isDec[0] === true && isRa[1] === true;
  if (!swapped && !(isRa[0] && isDec[1])) {
    return types.join('') === ''
      ? { reason: 'the header holds no world coordinates' }
      : { reason: `the header's projection ${types.join(', ')} is not the gnomonic one (RA---TAN, DEC--TAN)` };
  }
  if ((number('LONPOLE') ?? 180) !== 180) return { reason: 'the header turns the native pole (LONPOLE is not 180)' };
  const crval = [number('CRVAL1'), number('CRVAL2')];
  const crpix = [number('CRPIX1') ?? 0, number('CRPIX2') ?? 0];
  if (crval[0] === undefined || crval[1] === undefined) return { reason: 'the header has no CRVAL1 and CRVAL2' };
  if (crval[0] === 0 && crval[1] === 0) {
    return { reason: "the header's WCS looks at RA 0, Dec 0 exactly: a placeholder that nobody filled" };
  }
  const rows = linearMatrix(number);
  if (!rows) return { reason: 'the header has no usable CD matrix, CDELT or CROTA2' };
  const [c11, c12, c21, c22] = rows;
  const scaleArcsecPerPx = 3600 * Math.sqrt(Math.abs(c11 * c22 - c12 * c21));
  if (!(scaleArcsecPerPx > leastScale && scaleArcsecPerPx < mostScale)) {
    const told = scaleArcsecPerPx.toPrecision(3);
    return { reason: `the header's WCS has pixels of ${told}", which no camera on the sky has: a placeholder` };
  }
  const sip = readSip(number);
  return {
    wcs: {
      crvalDeg: swapped ? { raDeg: crval[1], decDeg: crval[0] } : { raDeg: crval[0], decDeg: crval[1] },
      crpix: { x: crpix[0]! - 1, y: crpix[1]! - 1 },
      cd: swapped ? [c21, c22, c11, c12] : [c11, c12, c21, c22],
      ...(sip && { sip }),
    },
  };
}

type Lookup = (keyword: string) => number | undefined;

function linearMatrix(number: Lookup): [number, number, number, number] | undefined {
  const names = ['1_1', '1_2', '2_1', '2_2'] as const;
  const cd = names.map((name) => number(`CD${name}`));
  const cdelt1 = number('CDELT1');
  const cdelt2 = number('CDELT2');
  let matrix: [number, number, number, number];
  if (cd.some((element) => element !== undefined)) {
    matrix = [cd[0] ?? 0, cd[1] ?? 0, cd[2] ?? 0, cd[3] ?? 0];
  } else {
    if (cdelt1 === undefined || cdelt2 === undefined) return undefined;
    const pc = names.map((name) => number(`PC${name}`));
    if (pc.some((element) => element !== undefined)) {
      matrix = [(pc[0] ?? 1) * cdelt1, (pc[1] ?? 0) * cdelt1, (pc[2] ?? 0) * cdelt2, (pc[3] ?? 1) * cdelt2];
    } else {
      const angle = (number('CROTA2') ?? 0) * RAD_PER_DEG;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      matrix = [cdelt1 * cos, -cdelt2 * sin, cdelt1 * sin, cdelt2 * cos];
    }
  }
  const determinant = matrix[0] * matrix[3] - matrix[1] * matrix[2];
  return Number.isFinite(determinant) && determinant !== 0 ? matrix : undefined;
}

function readSip(number: Lookup): Sip | undefined {
  const a = readPolynomial(number, 'A');
  const b = readPolynomial(number, 'B');
  if (!a || !b) return undefined;
  const ap = readPolynomial(number, 'AP');
  const bp = readPolynomial(number, 'BP');
  return { a, b, ...(ap && bp && { ap, bp }) };
}

function readPolynomial(number: Lookup, name: string): SipPolynomial | undefined {
  const order = number(`${name}_ORDER`);
  if (order === undefined || !Number.isInteger(order) || order < 1 || order > SIP_MAX_ORDER) return undefined;
  const coefficients = new Float64Array(sipLength(order));
  for (let p = 0; p <= order; p++) {
    for (let q = 0; p + q <= order; q++) coefficients[sipIndex(p, q)] = number(`${name}_${p}_${q}`) ?? 0;
  }
  return { order, coefficients };
}
