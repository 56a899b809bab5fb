import { Random } from '../../../base/random.ts';
import { separationDeg } from '../../../sky/sphere.ts';
import type { LightCurve } from './light-curve.ts';

/** A sky that is there before anybody looks: the same seed gives the same stars whatever the pointing. */
export interface Sky {
  readonly seed: number;
  /** Field stars per square degree between `brightestG` and `faintestG`. */
  readonly starsPerSquareDegree: number;
  readonly brightestG: number;
  readonly faintestG: number;
  /** d log10 N / d mag of the luminosity function: 0.6 for a uniform space, 0.25 to 0.35 in the Milky Way. */
  readonly slope: number;
  /** Mean and standard deviation of the stars' BP-RP colour. */
  readonly meanBpRp: number;
  readonly bpRpSpread: number;
  readonly specialStars: readonly SpecialStar[];
}

export interface SpecialStar {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly gMag: number;
  readonly bpRp: number;
  readonly lightCurve: LightCurve;
}

export interface Star {
  /** Stable over exposures: cell and number for a field star, the name of a special one. */
  readonly id: string;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly gMag: number;
  readonly bpRp: number;
  readonly special: SpecialStar | undefined;
}

/** The sky of a moderately rich field, with special stars of your own. */
export function makeSky(seed: number, choices: Partial<Omit<Sky, 'seed'>> = {}): Sky {
  return {
    seed,
    starsPerSquareDegree: 2500,
    brightestG: 11,
    faintestG: 19,
    slope: 0.3,
    meanBpRp: 1.1,
    bpRpSpread: 0.35,
    specialStars: [],
    ...choices,
  };
}

/** All stars within `radiusDeg` of a position: special ones first, then field stars in a fixed order. */
export function starsAround(sky: Sky, raDeg: number, decDeg: number, radiusDeg: number): Star[] {
  const centre = { raDeg, decDeg };
  const found: Star[] = [];
  for (const special of sky.specialStars) {
    if (separationDeg(centre, special) <= radiusDeg) found.push({ ...special, id: special.name, special });
  }
  const firstBand = Math.max(0, Math.floor((decDeg - radiusDeg + 90) / cellDeg));
  const lastBand = Math.min(bandCount - 1, Math.floor((decDeg + radiusDeg + 90) / cellDeg));
  for (let band = firstBand; band <= lastBand; band++) {
    const cells = cellsInBand(band);
    const { first, count } = cellsTouched(band, cells, raDeg, radiusDeg);
    for (let k = 0; k < count; k++) {
      for (const star of starsOfCell(sky, band, (first + k) % cells, cells)) {
        if (separationDeg(centre, star) <= radiusDeg) found.push(star);
      }
    }
  }
  return found;
}

// The sphere is cut into bands of declination and these into cells of about the same area; each cell has a generator
// of its own, seeded by the sky's seed and the cell's place.
const cellDeg = 0.25;
const bandCount = 180 / cellDeg;
const degree = Math.PI / 180;

function cellsInBand(band: number): number {
  const middleDec = (band + 0.5) * cellDeg - 90;
  return Math.max(1, Math.round((360 * Math.cos(middleDec * degree)) / cellDeg));
}

function cellsTouched(band: number, cells: number, raDeg: number, radiusDeg: number): { first: number; count: number } {
  const farthestDec = Math.max(Math.abs(band * cellDeg - 90), Math.abs((band + 1) * cellDeg - 90));
  // Half-width in RA of a circle around a place at this declination or nearer the equator; all of it near a pole.
  const sine = Math.sin(Math.min(radiusDeg, 90) * degree) / Math.cos(Math.min(farthestDec + radiusDeg, 90) * degree);
  if (!(sine < 1)) return { first: 0, count: cells };
  const halfDeg = Math.asin(sine) / degree;
  const first = Math.floor(((raDeg - halfDeg) / 360) * cells);
  const last = Math.floor(((raDeg + halfDeg) / 360) * cells);
  if (last - first + 1 >= cells) return { first: 0, count: cells };
  return { first: ((first % cells) + cells) % cells, count: last - first + 1 };
}

function* starsOfCell(sky: Sky, band: number, cell: number, cells: number): Generator<Star> {
  const random = new Random(cellSeed(sky.seed, band, cell));
  const sinLow = Math.sin((band * cellDeg - 90) * degree);
  const sinHigh = Math.sin(((band + 1) * cellDeg - 90) * degree);
  const areaSquareDegrees = ((360 / cells) * (sinHigh - sinLow)) / degree;
  const count = random.poisson(sky.starsPerSquareDegree * areaSquareDegrees);
  const rate = sky.slope * Math.LN10;
  const span = Math.exp(rate * (sky.faintestG - sky.brightestG)) - 1;
  for (let k = 0; k < count; k++) {
    const raDeg = ((cell + random.uniform()) * 360) / cells;
    const decDeg = Math.asin(sinLow + random.uniform() * (sinHigh - sinLow)) / degree;
    const u = random.uniform();
    const gMag =
      rate === 0 ? sky.brightestG + u * (sky.faintestG - sky.brightestG) : sky.brightestG + Math.log1p(u * span) / rate;
    const bpRp = Math.min(3, Math.max(0.3, sky.meanBpRp + sky.bpRpSpread * random.normal()));
    yield { id: `${band}-${cell}-${k}`, raDeg, decDeg, gMag, bpRp, special: undefined };
  }
}

function cellSeed(seed: number, band: number, cell: number): number {
  let h = seed >>> 0;
  for (const part of [band, cell]) {
    h = Math.imul(h ^ part, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}
