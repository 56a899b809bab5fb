/** One axis of a plot: where values fall, and the round values that are written beside it. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** Digits after the point that the ticks need. */
  readonly digits: number;
  place(value: number): number;
}

/**
 * An axis from `low` to `high` laid on the pixels from `start` to `end`, with about `wanted` ticks at multiples of 1, 2
 * or 5 times a power of ten.
 */
export function axis(low: number, high: number, start: number, end: number, wanted: number): Axis {
  const span = high > low ? high - low : 1;
  const middle = (low + high) / 2;
  const [from, to] = high > low ? [low, high] : [middle - 0.5, middle + 0.5];
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * span; k++) ticks.push(k * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { from, to, ticks, digits, place: (value) => start + ((value - from) / (to - from)) * (end - start) };
}
