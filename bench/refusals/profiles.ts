/** The image of a point of light: light in pixel (dx, dy) of a source of one electron. */
export type Profile = (dx: number, dy: number) => number;

/** An elliptical Moffat profile (Moffat 1969, A&A 3, 455), a mean over the pixel near its middle; `fwhmPx` is the geometric mean of both axes. */
export function moffat(fwhmPx: number, beta: number, axisRatio = 1, angle = 0): Profile {
  const alpha2 = (fwhmPx / 2) ** 2 / (2 ** (1 / beta) - 1);
  const peak = (beta - 1) / (Math.PI * alpha2);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const at = (dx: number, dy: number): number => {
    const [along, across] = [dx * c + dy * s, dy * c - dx * s];
    return peak * (1 + (axisRatio * along * along + (across * across) / axisRatio) / alpha2) ** -beta;
  };
  const sub = fwhmPx < 2.5 ? 5 : 3;
  const near2 = (1.5 * fwhmPx + 1) ** 2;
  return (dx, dy) => {
    if (dx * dx + dy * dy > near2) return at(dx, dy);
    let sum = 0;
    for (let k = 0; k < sub * sub; k++) {
      sum += at(dx + ((k % sub) + 0.5) / sub - 0.5, dy + (Math.floor(k / sub) + 0.5) / sub - 0.5);
    }
    return sum / (sub * sub);
  };
}

export interface Pupil {
  /** Of the image of the pupil, pixels. */
  readonly outerPx: number;
  /** Share of the radius that the secondary mirror hides: 0 is a filled disc. */
  readonly obstruction: number;
  /** Seeing that blurs its edges, as the sigma of a Gaussian, pixels. */
  readonly blurPx: number;
  /** Relative slope of brightness over the disc, as a telescope out of collimation has, and where the hole lies. */
  readonly slope: readonly [number, number];
  readonly holePx: readonly [number, number];
  /** Vanes of the spider, and their width in pixels. */
  readonly vanes: number;
  readonly vaneWidthPx: number;
}

/** The image of a star far out of focus: the pupil of the telescope, its edges blurred. */
export function defocused({ outerPx, obstruction, blurPx, slope, holePx, vanes, vaneWidthPx }: Pupil): Profile {
  const innerPx = obstruction * outerPx;
  const area = Math.PI * (outerPx ** 2 - innerPx ** 2);
  return (dx, dy) => {
    const inner = innerPx > 0 ? edge((innerPx - Math.hypot(dx - holePx[0], dy - holePx[1])) / blurPx) : 0;
    let light = (edge((outerPx - Math.hypot(dx, dy)) / blurPx) * (1 - inner)) / area;
    light *= Math.max(0, 1 + (slope[0] * dx + slope[1] * dy) / outerPx);
    for (let k = 0; k < vanes; k++) {
      const angle = (2 * Math.PI * k) / vanes + 0.4;
      const [along, across] = [
        dx * Math.cos(angle) + dy * Math.sin(angle),
        dy * Math.cos(angle) - dx * Math.sin(angle),
      ];
      if (along > 0) light *= 1 - 0.8 * Math.exp(-((across / Math.max(vaneWidthPx, blurPx)) ** 2));
    }
    return light;
  };
}

/** Radius of the pupil's image whose half-flux radius is this. */
export const outerOfHfr = (hfrPx: number, obstruction: number): number => hfrPx * Math.sqrt(2 / (1 + obstruction ** 2));

/** Share of a Gaussian below `x` sigma, by a logistic curve (within 0.01). */
const edge = (x: number): number => 1 / (1 + Math.exp(-1.702 * x));
