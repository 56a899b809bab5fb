import { localFrame, RAD_PER_DEG, type SkyPosition } from '../../sky/sphere.ts';

/** Reference stars, one array a column, all of the same length. NaN stands for unknown. */
export interface StarCatalogue {
  /** ICRS at `epochYear`, degrees. */
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Any magnitude: it serves to order the stars by brightness. */
  readonly mag: Float64Array;
  /** Proper motion, mas per year; that in RA includes cos(dec). */
  readonly pmRaMasYr?: Float64Array;
  readonly pmDecMasYr?: Float64Array;
  /** Julian year of the positions, e.g. 2016.0. */
  readonly epochYear: number;
}

/** Stars on the plane, bright ones first; `row` leads back to the catalogue. */
export interface PlaneStars {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly row: Int32Array;
  readonly count: number;
}

/** How the sphere is laid on a plane: as a camera sees it, or so that shapes are kept over many degrees. */
export type Projection = 'gnomonic' | 'stereographic';

/** The given rows alone. */
export function catalogueRows(catalogue: StarCatalogue, rows: Int32Array): StarCatalogue {
  const column = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const { pmRaMasYr, pmDecMasYr } = catalogue;
  return {
    raDeg: column(catalogue.raDeg),
    decDeg: column(catalogue.decDeg),
    mag: column(catalogue.mag),
    ...(pmRaMasYr && { pmRaMasYr: column(pmRaMasYr) }),
    ...(pmDecMasYr && { pmDecMasYr: column(pmDecMasYr) }),
    epochYear: catalogue.epochYear,
  };
}

/**
 * The catalogue's stars within `radiusDeg` of `centre` at the epoch of the frame, projected on the plane that touches
 * the sky at `centre`: x to the east, y to the north, in units of `unitRad`. Proper motion is a straight line on the
 * tangent plane of each star (no parallax, no radial velocity), which holds at the poles too. Rows whose position is
 * not a number are left out.
 */
export function projectStars(
  catalogue: StarCatalogue,
  centre: SkyPosition,
  radiusDeg: number,
  epochYear: number,
  projection: Projection,
  unitRad: number,
): PlaneStars {
  const { raDeg, decDeg, mag, pmRaMasYr, pmDecMasYr } = catalogue;
  const { up, east, north } = localFrame(centre);
  const radPerMas = RAD_PER_DEG / 3.6e6;
  const years = Number.isFinite(epochYear - catalogue.epochYear) ? epochYear - catalogue.epochYear : 0;
  const minDepth = Math.cos(Math.min(radiusDeg, projection === 'gnomonic' ? 80 : 179) * RAD_PER_DEG);
  const bandDeg = radiusDeg + 0.5;
  const halfWidthDeg = raHalfWidthDeg(centre.decDeg, bandDeg);
  const n = raDeg.length;
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  const kept = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const dec = decDeg[i]!;
    if (!(Math.abs(dec - centre.decDeg) <= bandDeg)) continue;
    const turnedDeg = Math.abs(raDeg[i]! - centre.raDeg) % 360;
    if (turnedDeg > halfWidthDeg && turnedDeg < 360 - halfWidthDeg) continue;
    const sinRa = Math.sin(raDeg[i]! * RAD_PER_DEG);
    const cosRa = Math.cos(raDeg[i]! * RAD_PER_DEG);
    const sinDec = Math.sin(dec * RAD_PER_DEG);
    const cosDec = Math.cos(dec * RAD_PER_DEG);
    const moveE = years * (pmRaMasYr?.[i] || 0) * radPerMas;
    const moveN = years * (pmDecMasYr?.[i] || 0) * radPerMas;
    const vx = cosDec * cosRa - moveE * sinRa - moveN * sinDec * cosRa;
    const vy = cosDec * sinRa + moveE * cosRa - moveN * sinDec * sinRa;
    const vz = sinDec + moveN * cosDec;
    const depth = vx * up[0] + vy * up[1] + vz * up[2];
    const length = Math.hypot(vx, vy, vz);
    if (!(depth >= minDepth * length)) continue;
    const factor = (projection === 'gnomonic' ? 1 / depth : 2 / (length + depth)) / unitRad;
    x[count] = (vx * east[0] + vy * east[1]) * factor;
    y[count] = (vx * north[0] + vy * north[1] + vz * north[2]) * factor;
    kept[count++] = i;
  }
  const order = brightestFirst(mag, kept.subarray(0, count));
  const stars = { x: new Float64Array(count), y: new Float64Array(count), row: new Int32Array(count), count };
  for (let k = 0; k < count; k++) {
    const i = order[k]!;
    stars.x[k] = x[i]!;
    stars.y[k] = y[i]!;
    stars.row[k] = kept[i]!;
  }
  return stars;
}

/** How far in RA a circle about a position reaches: sin(half width) = sin(radius) / cos(dec), all around at a pole. */
function raHalfWidthDeg(decDeg: number, radiusDeg: number): number {
  if (Math.abs(decDeg) + radiusDeg >= 90) return 180;
  return Math.asin(Math.sin(radiusDeg * RAD_PER_DEG) / Math.cos(decDeg * RAD_PER_DEG)) / RAD_PER_DEG;
}

/** Places in `rows` by ascending magnitude, to a hundredth of a magnitude (a counting sort); unknown ones last. */
function brightestFirst(mag: Float64Array, rows: Int32Array): Int32Array {
  const minMag = -30;
  const bins = 8000;
  const start = new Int32Array(bins + 2);
  const binOf = (row: number): number => {
    const bin = Math.floor((mag[row]! - minMag) * 100);
    return bin >= 0 && bin < bins ? bin : bins;
  };
  for (let k = 0; k < rows.length; k++) start[binOf(rows[k]!) + 1]!++;
  for (let bin = 1; bin <= bins + 1; bin++) start[bin]! += start[bin - 1]!;
  const order = new Int32Array(rows.length);
  for (let k = 0; k < rows.length; k++) order[start[binOf(rows[k]!)]!++] = k;
  return order;
}
