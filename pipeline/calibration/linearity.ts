/**
 * How a detector departs from linearity: what to multiply a pixel's level above its pedestal with, and up to where that is known.
 * Plain data, as a configuration states it; either form, or neither where only the limit is known.
 */
export interface Linearity {
  /** true = m (1 + c1 m + c2 m^2 + ...), m the level in ADU. */
  readonly coefficients?: readonly number[] | undefined;
  /** [measured, true] levels in ADU, ascending; straight lines between them, through the origin. */
  readonly table?: readonly (readonly [measuredAdu: number, trueAdu: number])[] | undefined;
  /** Level above the pedestal, ADU, from which a pixel cannot be corrected and counts as saturated. */
  readonly limitAdu: number;
  /** Who says so. */
  readonly from: string;
}

/** The correction at equal steps of the level, for kernels. */
export interface LinearityCurve {
  readonly limitAdu: number;
  readonly stepsPerAdu: number;
  /** Factors at the steps; the last stands twice. */
  readonly factors: Float64Array;
}

const steps = 4096;

export function linearityCurve(linearity: Linearity): LinearityCurve {
  const { limitAdu } = linearity;
  const factors = new Float64Array(steps + 2);
  for (let i = 0; i <= steps; i++) factors[i] = factorAt(linearity, (i * limitAdu) / steps);
  factors[steps + 1] = factors[steps]!;
  return { limitAdu, stepsPerAdu: steps / limitAdu, factors };
}

/** The true level of a measured one, both in ADU above the pedestal; beyond the limit by the factor there. */
export function linearise({ limitAdu, stepsPerAdu, factors }: LinearityCurve, levelAdu: number): number {
  if (!(levelAdu > 0)) return levelAdu * factors[0]!;
  if (levelAdu >= limitAdu) return levelAdu * factors[steps]!;
  const t = levelAdu * stepsPerAdu;
  const i = Math.floor(t);
  const below = factors[i]!;
  return levelAdu * (below + (t - i) * (factors[i + 1]! - below));
}

function factorAt({ coefficients, table }: Linearity, levelAdu: number): number {
  if (table) {
    const [measured, truth] = table[0]!;
    return levelAdu <= measured ? truth / measured : trueLevel(table, levelAdu) / levelAdu;
  }
  let factor = 1;
  let power = 1;
  for (const coefficient of coefficients ?? []) {
    power *= levelAdu;
    factor += coefficient * power;
  }
  return factor;
}

function trueLevel(table: NonNullable<Linearity['table']>, levelAdu: number): number {
  let [fromMeasured, fromTrue] = [0, 0];
  for (const [measured, truth] of table) {
    if (levelAdu <= measured) {
      return fromTrue + ((levelAdu - fromMeasured) / (measured - fromMeasured)) * (truth - fromTrue);
    }
    [fromMeasured, fromTrue] = [measured, truth];
  }
  return (levelAdu / fromMeasured) * fromTrue;
}

/** A flat frame of a lamp that does not change. */
export interface LampFlat {
  readonly exposureS: number;
  /** Mean level above the pedestal, ADU. */
  readonly levelAdu: number;
}

const fewestFlats = 5;
const leastSpan = 3;
/** A lamp that is constant and a shutter that is true leave less than this. */
const largestResidual = 0.005;

/**
 * Linearity from flats of one lamp at different exposures (Janesick 2007, "Photon Transfer", chapter 4): the light is
 * proportional to the exposure, so t = a m + b m^2 + c m^3 with the measured level m, whose first coefficient
 * is the rate of faint light; true = m (1 + (b/a) m + (c/a) m^2). Least squares of relative errors. The limit is the highest level.
 */
export function measureLinearity(flats: readonly LampFlat[]): Linearity | { readonly reason: string } {
  const levels = flats.map(({ levelAdu }) => levelAdu);
  const [lowest, highest] = [Math.min(...levels), Math.max(...levels)];
  const exposures = new Set(flats.map(({ exposureS }) => exposureS)).size;
  if (exposures < fewestFlats) return { reason: `${exposures} different exposures, ${fewestFlats} are needed` };
  if (!(lowest > 0 && highest > leastSpan * lowest)) {
    return { reason: `the levels must differ by a factor of ${leastSpan} and more, and lie above the pedestal` };
  }
  const fit = fitCubic(flats, highest);
  if (!fit) return { reason: 'the levels do not tell a curve' };
  const [a, b, c] = fit;
  const residuals = flats.map(({ exposureS, levelAdu }) => {
    const u = levelAdu / highest;
    return (a * u + b * u * u + c * u * u * u) / exposureS - 1;
  });
  const worst = Math.max(...residuals.map(Math.abs));
  if (worst > largestResidual) {
    const percent = (100 * worst).toFixed(1);
    return {
      reason: `the light is not proportional to the exposure: ${percent} % off, the lamp or the shutter varies`,
    };
  }
  return { coefficients: [b / a / highest, c / a / highest ** 2], limitAdu: highest, from: 'flats of one lamp' };
}

/** a, b, c of t = a u + b u^2 + c u^3, u the level over the highest, by Cramer's rule on the normal equations. */
function fitCubic(flats: readonly LampFlat[], highest: number): [number, number, number] | undefined {
  const moments = [0, 0, 0, 0, 0];
  const right = [0, 0, 0];
  for (const { exposureS, levelAdu } of flats) {
    const u = levelAdu / highest;
    const w = 1 / exposureS ** 2;
    for (let k = 0; k < 5; k++) moments[k]! += w * u ** (k + 2);
    for (let k = 0; k < 3; k++) right[k]! += w * exposureS * u ** (k + 1);
  }
  const [m2, m3, m4, m5, m6] = moments as [number, number, number, number, number];
  const columns = [
    [m2, m3, m4],
    [m3, m4, m5],
    [m4, m5, m6],
  ] as const;
  const whole = determinant(columns[0], columns[1], columns[2]);
  if (!(Math.abs(whole) > 1e-12 * m2 * m4 * m6)) return undefined;
  return [
    determinant(right, columns[1], columns[2]) / whole,
    determinant(columns[0], right, columns[2]) / whole,
    determinant(columns[0], columns[1], right) / whole,
  ];
}

function determinant(a: readonly number[], b: readonly number[], c: readonly number[]): number {
  return (
    a[0]! * (b[1]! * c[2]! - b[2]! * c[1]!) -
    b[0]! * (a[1]! * c[2]! - a[2]! * c[1]!) +
    c[0]! * (a[1]! * b[2]! - a[2]! * b[1]!)
  );
}
