import { broadBand, type Optics, type PointTable, pointSpread } from './point-spread.ts';
import type { FieldAberrations } from './pupil.ts';

/** The image of a star at one place of the chip. */
export interface PointImage {
  readonly fwhmPx: number;
  /** Share of the star's light in the pixel whose centre lies (dx, dy) from it. */
  share(dx: number, dy: number): number;
}

/** The core is tabulated at 3 x 3 places of the field, the wing once, and they are blended in a ring. */
const CORE_SAMPLES = 256;
/** The chip is cut into so many parts along each side, each with a core of its own. */
const TILES = 12;
const WING_SAMPLES = 512;
const WING_PER_PIXEL = 2;
/** Radius to which stars are drawn, pixels. */
const WING_PX = WING_SAMPLES / WING_PER_PIXEL / 2 - 4;

/** Stars as optics and air make them, over a chip of width x height pixels. */
export class StarImages {
  readonly #width: number;
  readonly #height: number;
  readonly #cores: readonly PointTable[];
  readonly #wing: PointTable;
  readonly #fwhmPx: readonly number[];
  /** Brightest share of light at each whole distance, pixels. */
  readonly #brightest: Float64Array;
  /** Where the core gives way to the wing, pixels. */
  readonly #seamPx: readonly [number, number];
  readonly #tiles: (PointImage | undefined)[] = [];
  readonly #norm: number;

  constructor(
    optics: Optics,
    field: FieldAberrations,
    pixelArcsec: number,
    chip: { width: number; height: number },
    perPixel: number,
  ) {
    this.#width = chip.width;
    this.#height = chip.height;
    const half = CORE_SAMPLES / perPixel / 2;
    this.#seamPx = [0.55 * half, 0.75 * half];
    const common = { pixelArcsec, aureolePx: WING_PX };
    const places = [-1, 0, 1].flatMap((v) => [-1, 0, 1].map((u) => [u, v] as const));
    this.#cores = places.map(([u, v]) =>
      pointSpread(optics, field(u, v), broadBand, { ...common, n: CORE_SAMPLES, perPixel }),
    );
    this.#wing = pointSpread(optics, field(0, 0), broadBand.slice(1, 2).map(whole), {
      ...common,
      n: WING_SAMPLES,
      perPixel: WING_PER_PIXEL,
    });
    this.#fwhmPx = this.#cores.map(widthOf);
    this.#norm = 1;
    const middle = this.#tile(0, 0);
    this.#brightest = new Float64Array(WING_PX + 2);
    let sum = 0;
    for (let dy = -WING_PX; dy <= WING_PX; dy++) {
      for (let dx = -WING_PX; dx <= WING_PX; dx++) {
        const share = middle.share(dx, dy);
        const r = Math.floor(Math.hypot(dx, dy));
        if (r <= WING_PX) this.#brightest[r] = Math.max(this.#brightest[r]!, share);
        sum += share;
      }
    }
    this.#norm = 1 / sum;
    for (let r = WING_PX; r >= 0; r--) this.#brightest[r] = Math.max(this.#brightest[r]!, this.#brightest[r + 1]!);
  }

  get fwhmPx(): number {
    return this.#fwhmPx[4]!;
  }

  /** The image at a place: the same within each of TILES x TILES parts of the chip. */
  at(x: number, y: number): PointImage {
    const tileAt = (p: number, pixels: number) =>
      Math.min(TILES - 1, Math.max(0, Math.floor(((p + 0.5) * TILES) / pixels)));
    const i = tileAt(x, this.#width);
    const j = tileAt(y, this.#height);
    this.#tiles[j * TILES + i] ??= this.#tile((2 * (i + 0.5)) / TILES - 1, (2 * (j + 0.5)) / TILES - 1);
    return this.#tiles[j * TILES + i]!;
  }

  #tile(u: number, v: number): PointImage {
    const weights = fieldWeights(u, v);
    const fwhmPx = this.#fwhmPx.reduce((sum, width, k) => sum + weights[k]! * width, 0);
    const core = blend(this.#cores, weights);
    const [inner, outer] = this.#seamPx;
    const [norm, wing] = [this.#norm, this.#wing];
    const share = (dx: number, dy: number): number => {
      const r = Math.hypot(dx, dy);
      if (r > WING_PX) return 0;
      const t = Math.min(1, Math.max(0, (r - inner) / (outer - inner)));
      const ofWing = t * t * (3 - 2 * t);
      let sum = 0;
      if (ofWing > 0) sum += ofWing * interpolate(wing, dx, dy);
      if (ofWing < 1) sum += (1 - ofWing) * interpolate(core, dx, dy);
      return norm * sum;
    };
    return { fwhmPx, share };
  }

  /** Adds a star to an image, as far as it is brighter than `faintestE` a pixel. */
  add(image: Float32Array, x: number, y: number, electrons: number, faintestE: number): void {
    let radius = 3;
    while (radius < WING_PX && electrons * this.#norm * this.#brightest[radius]! > faintestE) radius++;
    const star = this.at(x, y);
    for (let j = Math.max(0, Math.ceil(y - radius)); j <= Math.min(this.#height - 1, y + radius); j++) {
      for (let i = Math.max(0, Math.ceil(x - radius)); i <= Math.min(this.#width - 1, x + radius); i++) {
        image[j * this.#width + i]! += electrons * star.share(i - x, j - y);
      }
    }
  }
}

const whole = <T extends { share: number }>(wavelength: T): T => ({ ...wavelength, share: 1 });

/** Weights of the values at u, v = -1, 0, 1 (Lagrange's parabola along both axes), u first. */
function fieldWeights(u: number, v: number): readonly number[] {
  const along = (t: number) => [(t * (t - 1)) / 2, 1 - t * t, (t * (t + 1)) / 2];
  const [wu, wv] = [along(u), along(v)];
  return wv.flatMap((b) => wu.map((a) => a * b));
}

const tapsX = new Float64Array(4);
const tapsY = new Float64Array(4);

function blend(tables: readonly PointTable[], weights: readonly number[]): PointTable {
  const share = new Float32Array(tables[0]!.share.length);
  tables.forEach((table, t) => {
    for (let p = 0; p < share.length; p++) share[p]! += weights[t]! * table.share[p]!;
  });
  return { ...tables[0]!, share };
}

/** A table at (dx, dy) pixels from the star, by cubic convolution (Keys 1981, IEEE Trans. ASSP 29, 1153). */
function interpolate({ n, perPixel, share }: PointTable, dx: number, dy: number): number {
  const gx = n / 2 + dx * perPixel;
  const gy = n / 2 + dy * perPixel;
  const [i, j] = [Math.floor(gx), Math.floor(gy)];
  keys(gx - i, tapsX);
  keys(gy - j, tapsY);
  let sum = 0;
  for (let b = 0; b < 4; b++) {
    const at = (j - 1 + b) * n + i - 1;
    sum +=
      tapsY[b]! *
      (tapsX[0]! * share[at]! + tapsX[1]! * share[at + 1]! + tapsX[2]! * share[at + 2]! + tapsX[3]! * share[at + 3]!);
  }
  return sum;
}

function keys(t: number, taps: Float64Array): void {
  taps[0] = 0.5 * t * (-1 + t * (2 - t));
  taps[1] = 1 + 0.5 * t * t * (3 * t - 5);
  taps[2] = 0.5 * t * (1 + t * (4 - 3 * t));
  taps[3] = 0.5 * t * t * (t - 1);
}

/** FWHM of a table: the diameter of the circle that has the area above half of the brightest sample, pixels. */
function widthOf({ share, perPixel }: PointTable): number {
  const top = share.reduce((a, b) => Math.max(a, b), 0);
  const area = share.reduce((count, value) => count + (value > top / 2 ? 1 : 0), 0);
  return (2 * Math.sqrt(area / Math.PI)) / perPixel;
}
