import { Random } from '../../base/random.ts';
import type { StarCatalogue } from '../../pipeline/astrometry/catalogue.ts';
import type { SolveInput } from '../../pipeline/astrometry/problem.ts';

/** What a made-up list of detections is like. */
export interface ListRecipe {
  readonly fieldDeg: number;
  readonly widthPx?: number;
  readonly heightPx?: number;
  /** Least and most real stars above the detection limit. */
  readonly stars: readonly [number, number];
  readonly missing: number;
  /** False detections for each real one. */
  readonly falseShare: number;
  /** The hint is off by up to this much (`atLeast` of it), and its radius says so. */
  readonly hintOffDeg: number;
  readonly hintOffAtLeast?: number;
  readonly scaleTolerance: number;
  /** How much deeper than the detections the catalogue goes, magnitudes. */
  readonly catalogueDeeper: readonly [number, number];
  /** Length of star trails, pixels: adds to the centroids' errors along the trail. */
  readonly trailPx?: number;
  readonly at?: 'anywhere' | 'pole' | 'ra0';
}

export interface ListCase {
  readonly input: SolveInput;
  /** The true pixel (0-based) of a position, by the very formulas that made the list. */
  trueSkyToPixel(raDeg: number, decDeg: number): { x: number; y: number };
  readonly parity: 1 | -1;
  readonly centre: { raDeg: number; decDeg: number };
}

/** Real stars to draw from instead of made-up ones, at the epoch of the frame. */
export interface RealSky {
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  readonly mag: Float64Array;
}

const DEG = Math.PI / 180;

/**
 * A list of detections and the catalogue beside it: stars of an exponential luminosity function with a density gradient
 * (or real ones), proper motions over 10.5 years, another passband, saturated and blended stars, centroids that grow
 * worse with faintness, a camera with radial distortion about an axis off the image's centre.
 */
export function makeList(recipe: ListRecipe, seed: number, sky?: RealSky): ListCase {
  const random = new Random(seed);
  const width = recipe.widthPx ?? 2048;
  const height = recipe.heightPx ?? 2048;
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const centre = pickCentre(recipe.at ?? 'anywhere', random, between);
  const scaleDeg = recipe.fieldDeg / width;
  const parity: 1 | -1 = random.uniform() < 0.5 ? 1 : -1;
  const toPixel = camera(centre, scaleDeg, parity, width, height, random, between);

  const offDeg = recipe.hintOffDeg * between(recipe.hintOffAtLeast ?? 0, 1);
  const hint = moved(centre, offDeg, between(0, 360));
  const coneDeg = recipe.hintOffDeg + (scaleDeg / 2) * Math.hypot(width, height) * 1.3;
  const years = sky ? 0 : 10.5;
  const limit = 15;
  const inField = Math.exp(between(Math.log(recipe.stars[0]), Math.log(recipe.stars[1])));
  const density = inField / (scaleDeg * width * scaleDeg * height);
  const deeper = between(...recipe.catalogueDeeper);
  const catalogue = sky
    ? cutCone(sky, hint, coneDeg)
    : makeSky(random, hint, coneDeg, density, limit, deeper, between(0, 0.8) / coneDeg, between(0, 360));

  const x: number[] = [];
  const y: number[] = [];
  const mags: number[] = [];
  const count = catalogue.raDeg.length;
  const fieldMags: number[] = [];
  const inside: { x: number; y: number; mag: number }[] = [];
  for (let i = 0; i < count; i++) {
    const decDeg = catalogue.decDeg[i]! + ((catalogue.pmDecMasYr?.[i] ?? 0) * years) / 3.6e6;
    const raDeg =
      catalogue.raDeg[i]! + ((catalogue.pmRaMasYr?.[i] ?? 0) * years) / 3.6e6 / Math.cos(catalogue.decDeg[i]! * DEG);
    const pixel = toPixel(raDeg, decDeg);
    if (!(pixel.x > 0 && pixel.y > 0 && pixel.x < width - 1 && pixel.y < height - 1)) continue;
    const mag = catalogue.mag[i]! + 0.25 * random.normal() + (random.uniform() < 0.1 ? between(-1, 1) : 0);
    inside.push({ ...pixel, mag });
    fieldMags.push(mag);
  }
  const detectionLimit = sky ? faintest(fieldMags, inField) : limit;
  const trailAngle = between(0, Math.PI);
  for (const star of inside) {
    if (star.mag > detectionLimit) continue;
    if (random.uniform() < recipe.missing) continue;
    const sigma = Math.hypot(0.04, 0.25 * 10 ** (0.3 * (star.mag - detectionLimit)));
    const along = (recipe.trailPx ?? 0) * 0.08 * random.normal();
    const px = star.x + sigma * random.normal() + along * Math.cos(trailAngle);
    const py = star.y + sigma * random.normal() + along * Math.sin(trailAngle);
    const blend = x.findIndex((other, k) => Math.hypot(other - px, y[k]! - py) < 4);
    if (blend >= 0) {
      const share = 1 / (1 + 10 ** (0.4 * (star.mag - mags[blend]!)));
      x[blend] = x[blend]! + share * (px - x[blend]!);
      y[blend] = y[blend]! + share * (py - y[blend]!);
      mags[blend] = -2.5 * Math.log10(10 ** (-0.4 * star.mag) + 10 ** (-0.4 * mags[blend]!));
      continue;
    }
    x.push(px);
    y.push(py);
    mags.push(star.mag);
  }
  const real = mags.length;
  for (let k = Math.round(recipe.falseShare * real); k > 0; k--) {
    x.push(between(0, width - 1));
    y.push(between(0, height - 1));
    mags.push(real > 0 ? mags[random.below(real)]! + 0.5 * random.normal() : limit);
  }
  const saturation = [...mags].sort((a, b) => a - b)[Math.floor(mags.length * 0.03)] ?? 0;
  const flux = mags.map((mag) =>
    mag < saturation ? (random.uniform() < 0.5 ? Number.NaN : 1e6) : 10 ** (-0.4 * (mag - 25)),
  );
  const tolerance = recipe.scaleTolerance;
  return {
    input: {
      x: Float64Array.from(x),
      y: Float64Array.from(y),
      flux: Float64Array.from(flux),
      width,
      height,
      hint: { ...hint, radiusDeg: recipe.hintOffDeg },
      scale: {
        arcsecPerPx: (scaleDeg * 3600) / between(1 - 0.95 * tolerance, 1 + 0.95 * tolerance),
        toleranceFraction: tolerance,
      },
      catalogue,
      epochYear: catalogue.epochYear + years,
    },
    trueSkyToPixel: toPixel,
    parity,
    centre,
  };
}

/** Root mean square and largest miss of a solution, pixels, on a grid of the true sky that reaches into the corners. */
export function missOf(
  list: ListCase,
  pixelToSky: (x: number, y: number) => { raDeg: number; decDeg: number },
): { rmsPx: number; maxPx: number } {
  const { width, height } = list.input;
  let sum = 0;
  let maxPx = 0;
  for (let j = 0; j <= 8; j++) {
    for (let i = 0; i <= 8; i++) {
      const [px, py] = [((width - 1) * i) / 8, ((height - 1) * j) / 8];
      const { raDeg, decDeg } = pixelToSky(px, py);
      const truth = list.trueSkyToPixel(raDeg, decDeg);
      const miss = Math.hypot(truth.x - px, truth.y - py);
      sum += miss * miss;
      maxPx = Math.max(maxPx, miss);
    }
  }
  return { rmsPx: Math.sqrt(sum / 81), maxPx };
}

type Between = (low: number, high: number) => number;
type Position = { raDeg: number; decDeg: number };

function pickCentre(at: 'anywhere' | 'pole' | 'ra0', random: Random, between: Between): Position {
  const raDeg = at === 'ra0' ? (between(-0.3, 0.3) + 360) % 360 : between(0, 360);
  if (at === 'pole') return { raDeg, decDeg: (random.uniform() < 0.5 ? -1 : 1) * between(89, 90) };
  return { raDeg, decDeg: Math.asin(between(-1, 1)) / DEG };
}

/** Gnomonic projection, turn, scale, parity, then radial and tilting distortion about an axis off the centre. */
function camera(
  centre: Position,
  scaleDeg: number,
  parity: 1 | -1,
  width: number,
  height: number,
  random: Random,
  between: Between,
): (raDeg: number, decDeg: number) => { x: number; y: number } {
  const turn = between(0, 2 * Math.PI);
  const half = Math.hypot(width, height) / 2;
  const wide = Math.min(1, scaleDeg * width);
  const radial = between(-1, 1) * (1 + 6 * wide);
  const tilt = [0.5 * random.normal() * wide, 0.5 * random.normal() * wide] as const;
  const axis = [0.1 * half * random.normal(), 0.1 * half * random.normal()] as const;
  return (raDeg, decDeg) => {
    const dRa = (raDeg - centre.raDeg) * DEG;
    const [sin, cos] = [Math.sin(decDeg * DEG), Math.cos(decDeg * DEG)];
    const [sin0, cos0] = [Math.sin(centre.decDeg * DEG), Math.cos(centre.decDeg * DEG)];
    const depth = sin0 * sin + cos0 * cos * Math.cos(dRa);
    if (depth < 0.1) return { x: -1e9, y: -1e9 };
    const xi = (cos * Math.sin(dRa)) / depth / DEG / scaleDeg;
    const eta = (cos0 * sin - sin0 * cos * Math.cos(dRa)) / depth / DEG / scaleDeg;
    const u = parity * (xi * Math.cos(turn) + eta * Math.sin(turn));
    const v = -xi * Math.sin(turn) + eta * Math.cos(turn);
    const r2 = ((u - axis[0]) ** 2 + (v - axis[1]) ** 2) / half ** 2;
    // The cubic holds about the image; far outside it would fold the sky back into it.
    if (r2 > 6) return { x: -1e9, y: -1e9 };
    return {
      x: u + (radial * r2 * (u - axis[0])) / half + (tilt[0] * u * v) / half ** 2 + (width - 1) / 2,
      y: v + (radial * r2 * (v - axis[1])) / half + (tilt[1] * v * v) / half ** 2 + (height - 1) / 2,
    };
  };
}

/** The position `distanceDeg` from `from` in the direction `angleDeg`, north through east. */
function moved(from: Position, distanceDeg: number, angleDeg: number): Position {
  const [sin0, cos0] = [Math.sin(from.decDeg * DEG), Math.cos(from.decDeg * DEG)];
  const [sinD, cosD] = [Math.sin(distanceDeg * DEG), Math.cos(distanceDeg * DEG)];
  const sinDec = sin0 * cosD + cos0 * sinD * Math.cos(angleDeg * DEG);
  const dRa = Math.atan2(Math.sin(angleDeg * DEG) * sinD * cos0, cosD - sin0 * sinDec);
  return { raDeg: (from.raDeg + dRa / DEG + 720) % 360, decDeg: Math.asin(sinDec) / DEG };
}

function makeSky(
  random: Random,
  centre: Position,
  coneDeg: number,
  density: number,
  limit: number,
  deeper: number,
  gradientPerDeg: number,
  gradientAngleDeg: number,
): StarCatalogue {
  const slope = 0.35;
  const area = (2 * Math.PI * (1 - Math.cos(coneDeg * DEG))) / DEG / DEG;
  const count = random.poisson(density * area * 10 ** (slope * deeper));
  const columns = {
    raDeg: new Float64Array(count),
    decDeg: new Float64Array(count),
    mag: new Float64Array(count),
    pmRaMasYr: new Float64Array(count),
    pmDecMasYr: new Float64Array(count),
  };
  for (let i = 0; i < count; ) {
    const distance = Math.acos(1 - random.uniform() * (1 - Math.cos(coneDeg * DEG))) / DEG;
    const angle = 360 * random.uniform();
    const along = distance * Math.cos((angle - gradientAngleDeg) * DEG) * gradientPerDeg;
    if (random.uniform() * 1.8 > 1 + along) continue;
    const position = moved(centre, distance, angle);
    columns.raDeg[i] = position.raDeg;
    columns.decDeg[i] = position.decDeg;
    columns.mag[i] = limit + deeper + Math.log10(random.uniform() + 1e-9) / slope;
    const speed = random.uniform() < 0.05 ? 30 : 5;
    columns.pmRaMasYr[i] = speed * random.normal();
    columns.pmDecMasYr[i] = speed * random.normal();
    i++;
  }
  return { ...columns, epochYear: 2016 };
}

function cutCone(sky: RealSky, centre: Position, coneDeg: number): StarCatalogue {
  const rows: number[] = [];
  const [sin0, cos0] = [Math.sin(centre.decDeg * DEG), Math.cos(centre.decDeg * DEG)];
  for (let i = 0; i < sky.raDeg.length; i++) {
    const dec = sky.decDeg[i]!;
    if (Math.abs(dec - centre.decDeg) > coneDeg) continue;
    const cos =
      Math.cos(dec * DEG) * cos0 * Math.cos((sky.raDeg[i]! - centre.raDeg) * DEG) + Math.sin(dec * DEG) * sin0;
    if (cos > Math.cos(coneDeg * DEG)) rows.push(i);
  }
  const column = (values: Float64Array): Float64Array => Float64Array.from(rows, (i) => values[i]!);
  return { raDeg: column(sky.raDeg), decDeg: column(sky.decDeg), mag: column(sky.mag), epochYear: 2026.5 };
}

/** The magnitude down to which there are `count` stars. */
function faintest(mags: number[], count: number): number {
  return mags.sort((a, b) => a - b)[Math.min(mags.length - 1, Math.floor(count))] ?? 99;
}
