/** A trapezoid under a straight line, fitted to relative fluxes. */
export interface TransitFit {
  /** Relative loss of light at the bottom. */
  readonly depth: number;
  readonly depthErr: number;
  /** Middle, in the unit of the times, and its error. */
  readonly middle: number;
  readonly middleErr: number;
  /** Rms of the residuals, relative flux. */
  readonly rms: number;
}

/** Duration from first to last contact, and that of ingress, in the unit of the times. */
export interface TransitShape {
  readonly duration: number;
  readonly ingress: number;
}

/**
 * Least squares over middle, depth and the two numbers of the line; the shape is held. The middle is searched over
 * `window` about `near`; errors follow from the curvature of chi square, scaled to the scatter that is there.
 */
export function fitTransit(
  times: readonly number[],
  fluxes: readonly number[],
  shape: TransitShape,
  near: number,
  window: number,
): TransitFit {
  const at = (middle: number) =>
    solve(
      times,
      fluxes,
      times.map((time) => trapezoid(time - middle, shape)),
      near,
    );
  const step = window / 1000;
  let best = { middle: near, ...at(near) };
  for (let middle = near - window; middle <= near + window; middle += step) {
    const found = at(middle);
    if (found.chi2 < best.chi2) best = { middle, ...found };
  }
  const variance = best.chi2 / (times.length - 4);
  // Where chi square has grown by one unit of the scatter, on both sides.
  const reach = (way: 1 | -1): number => {
    let offset = step / 10;
    while (offset < window && at(best.middle + way * offset).chi2 < best.chi2 + variance) offset += step / 10;
    return offset;
  };
  return {
    depth: best.depth,
    depthErr: Math.sqrt(variance * best.depthVariance),
    middle: best.middle,
    middleErr: (reach(1) + reach(-1)) / 2,
    rms: Math.sqrt(best.chi2 / times.length),
  };
}

/** 0 outside, 1 at the bottom. */
function trapezoid(offset: number, { duration, ingress }: TransitShape): number {
  return Math.min(1, Math.max(0, (duration / 2 - Math.abs(offset)) / ingress));
}

/** flux = a + b t - depth * form, by the normal equations (Gauss-Jordan, with the inverse beside). */
function solve(times: readonly number[], fluxes: readonly number[], form: readonly number[], origin: number) {
  const rows = times.map((time, k) => [1, time - origin, -form[k]!] as const);
  const m = Array.from({ length: 3 }, (_, i) => [
    ...Array.from({ length: 3 }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row, k) => sum + row[i]! * fluxes[k]!, 0),
    ...[0, 1, 2].map((j) => (i === j ? 1 : 0)),
  ]);
  for (let i = 0; i < 3; i++) {
    const pivot = m[i]![i]! || 1e-300;
    m[i] = m[i]!.map((value) => value / pivot);
    for (let k = 0; k < 3; k++) if (k !== i) m[k] = m[k]!.map((value, j) => value - m[k]![i]! * m[i]![j]!);
  }
  const x = m.map((row) => row[3]!);
  const chi2 = rows.reduce((sum, row, k) => sum + (fluxes[k]! - x[0]! - x[1]! * row[1] - x[2]! * row[2]) ** 2, 0);
  return { depth: x[2]!, depthVariance: m[2]![6]!, chi2 };
}
