/**
 * Where the sky falls on the chip: the gnomonic (TAN) projection of Calabretta & Greisen (2002, A&A 395, 1077,
 * sect. 5.1.3) with a CD matrix. Pixels are 0-based, the centre of the first pixel at (0, 0).
 */
export interface Projection {
  /** ICRS position that falls on pixel (xRef, yRef), degrees. */
  readonly raDeg: number;
  readonly decDeg: number;
  readonly xRef: number;
  readonly yRef: number;
  readonly scaleArcsecPerPx: number;
  /** Position angle of the +y axis, north through east, degrees. */
  readonly rotationDeg: number;
  /** Sign of det CD: -1 the sky as seen (east left when north is up), +1 mirrored. */
  readonly parity: 1 | -1;
}

const degree = Math.PI / 180;

/** The matrix from pixels to (xi towards east, eta towards north), degrees per pixel: [CD1_1, CD1_2, CD2_1, CD2_2]. */
function cdMatrix(p: Projection): [number, number, number, number] {
  const scaleDeg = p.scaleArcsecPerPx / 3600;
  const sine = Math.sin(p.rotationDeg * degree);
  const cosine = Math.cos(p.rotationDeg * degree);
  return [p.parity * scaleDeg * cosine, scaleDeg * sine, -p.parity * scaleDeg * sine, scaleDeg * cosine];
}

/** A function from ICRS degrees to pixels; NaN for positions 90 degrees or more from the reference. */
export function skyToPixel(p: Projection): (raDeg: number, decDeg: number) => { x: number; y: number } {
  const [cd11, cd12, cd21, cd22] = cdMatrix(p);
  const determinant = cd11 * cd22 - cd12 * cd21;
  const sinDec0 = Math.sin(p.decDeg * degree);
  const cosDec0 = Math.cos(p.decDeg * degree);
  return (raDeg, decDeg) => {
    const ra = (raDeg - p.raDeg) * degree;
    const sinDec = Math.sin(decDeg * degree);
    const cosDec = Math.cos(decDeg * degree);
    const towards = sinDec * sinDec0 + cosDec * cosDec0 * Math.cos(ra);
    if (towards <= 0) return { x: Number.NaN, y: Number.NaN };
    const xi = (cosDec * Math.sin(ra)) / towards / degree;
    const eta = (sinDec * cosDec0 - cosDec * sinDec0 * Math.cos(ra)) / towards / degree;
    return {
      x: p.xRef + (cd22 * xi - cd12 * eta) / determinant,
      y: p.yRef + (cd11 * eta - cd21 * xi) / determinant,
    };
  };
}

/** A function from pixels to ICRS degrees, RA in [0, 360). */
export function pixelToSky(p: Projection): (x: number, y: number) => { raDeg: number; decDeg: number } {
  const [cd11, cd12, cd21, cd22] = cdMatrix(p);
  const sinDec0 = Math.sin(p.decDeg * degree);
  const cosDec0 = Math.cos(p.decDeg * degree);
  return (x, y) => {
    const xi = (cd11 * (x - p.xRef) + cd12 * (y - p.yRef)) * degree;
    const eta = (cd21 * (x - p.xRef) + cd22 * (y - p.yRef)) * degree;
    const north = cosDec0 - eta * sinDec0;
    const raDeg = p.raDeg + Math.atan2(xi, north) / degree;
    const decDeg = Math.atan2(sinDec0 + eta * cosDec0, Math.hypot(xi, north)) / degree;
    return { raDeg: ((raDeg % 360) + 360) % 360, decDeg };
  };
}

/** The same as keywords of a FITS header, whose pixels are 1-based. */
export function wcsKeywords(p: Projection): Record<string, string | number> {
  const [cd11, cd12, cd21, cd22] = cdMatrix(p);
  return {
    CTYPE1: 'RA---TAN',
    CTYPE2: 'DEC--TAN',
    CUNIT1: 'deg',
    CUNIT2: 'deg',
    CRVAL1: p.raDeg,
    CRVAL2: p.decDeg,
    CRPIX1: p.xRef + 1,
    CRPIX2: p.yRef + 1,
    CD1_1: cd11,
    CD1_2: cd12,
    CD2_1: cd21,
    CD2_2: cd22,
    RADESYS: 'ICRS',
  };
}
