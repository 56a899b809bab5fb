import { rowsOfPart } from '../crew.ts';
import { MaskBit } from '../plane.ts';

/** Where one plane's pixels lie on the full mosaic, and the arrays that receive them. */
export interface PlaneTarget {
  readonly step: 1 | 2;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly width: number;
  readonly electrons: Float32Array;
  /** Zero at first. */
  readonly mask: Uint8Array;
}

/** Everything the calibration of one frame needs; every array on the full mosaic but those of `targets`. */
export interface CalibrateArguments {
  readonly width: number;
  readonly height: number;
  readonly raw: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly dark: Float32Array | undefined;
  /** `dark` holds bias and is scaled: pedestal = bias + scale (dark - bias); 1 takes `dark` as it is. */
  readonly darkScale: number;
  /** Subtracted everywhere, ADU: an overscan level or a pedestal the header states. */
  readonly level: number;
  readonly flat: Float32Array | undefined;
  readonly bad: Uint8Array | undefined;
  readonly saturationAdu: number;
  readonly gainEPerAdu: number;
  readonly targets: readonly PlaneTarget[];
}

export interface CalibrateTally {
  readonly invalid: number;
  readonly saturated: number;
  readonly bad: number;
}

/** A flat field below this share of the mean tells more noise than response. */
export const lowestFlat = 0.2;

/**
 * Raw ADU to electrons in one pass over the rows of a part: (raw - pedestal) gain / flat, with the mask set from the raw
 * value. A mono target may share its array with `raw`. Pixels without a usable value become 0 and are masked.
 */
export function calibrateRows(args: CalibrateArguments, part: number, parts: number): CalibrateTally {
  const { from, to } = rowsOfPart(args.height, part, parts);
  const tally = { invalid: 0, saturated: 0, bad: 0 };
  for (const target of args.targets) calibrateTarget(args, target, from, to, tally);
  return tally;
}

function calibrateTarget(
  args: CalibrateArguments,
  target: PlaneTarget,
  from: number,
  to: number,
  tally: { invalid: number; saturated: number; bad: number },
): void {
  const { raw, bias, dark, darkScale, level, flat, gainEPerAdu } = args;
  const { step, offsetX, offsetY, width, electrons } = target;
  const rows: Rows = {
    raw: new Float32Array(width),
    pedestal: new Float32Array(width).fill(level),
    response: new Float32Array(width).fill(1),
    electrons: new Float32Array(width),
  };
  const biasRow = new Float32Array(width);
  const isScaled = dark !== undefined && bias !== undefined && darkScale !== 1;
  const master = dark ?? bias;
  const firstRow = from <= offsetY ? offsetY : from + ((from - offsetY) % step);
  for (let y = firstRow; y < to; y += step) {
    const start = y * args.width + offsetX;
    gather(raw, start, step, rows.raw);
    if (master) gather(master, start, step, rows.pedestal);
    if (isScaled) {
      gather(bias, start, step, biasRow);
      for (let k = 0; k < width; k++) rows.pedestal[k] = biasRow[k]! + darkScale * (rows.pedestal[k]! - biasRow[k]!);
    }
    if (master && level !== 0) for (let k = 0; k < width; k++) rows.pedestal[k] = rows.pedestal[k]! + level;
    if (flat) gather(flat, start, step, rows.response);
    const isOrdinary = calibrateRow(rows, gainEPerAdu, args.saturationAdu);
    const at = ((y - offsetY) / step) * width;
    // A pixel out of the ordinary is rare, so a whole row is looked at again for it.
    if (!isOrdinary || args.bad) tidyRow(args, target, rows, start, at, tally);
    electrons.set(rows.electrons, at);
  }
}

/** One row of a plane, pixel beside pixel: small enough for the first-level cache. */
interface Rows {
  readonly raw: Float32Array;
  readonly pedestal: Float32Array;
  readonly response: Float32Array;
  readonly electrons: Float32Array;
}

function gather(source: Float32Array, start: number, step: number, row: Float32Array): void {
  if (step === 1) row.set(source.subarray(start, start + row.length));
  else for (let k = 0; k < row.length; k++) row[k] = source[start + step * k]!;
}

/**
 * The inner loop. It stores every pixel in the same way and only notes whether one needs another look, by the extremes (NaN
 * when a value is NaN) and a sum that is zero unless a result is not finite: conditional stores would take three times as long.
 */
function calibrateRow(rows: Rows, gainEPerAdu: number, saturationAdu: number): boolean {
  const { raw, pedestal, response, electrons } = rows;
  let highest = Number.NEGATIVE_INFINITY;
  let lowestResponse = Number.POSITIVE_INFINITY;
  let finite = 0;
  for (let k = 0; k < raw.length; k++) {
    const value = raw[k]!;
    const divisor = response[k]!;
    const above = ((value - pedestal[k]!) * gainEPerAdu) / divisor;
    highest = Math.max(highest, value);
    lowestResponse = Math.min(lowestResponse, divisor);
    finite += above - above;
    electrons[k] = above;
  }
  return highest < saturationAdu && lowestResponse >= lowestFlat && finite === 0;
}

/** Flags the pixels of a row, gives those without a value 0, and counts. */
function tidyRow(
  args: CalibrateArguments,
  target: PlaneTarget,
  rows: Rows,
  start: number,
  at: number,
  tally: { invalid: number; saturated: number; bad: number },
): void {
  const { bad, saturationAdu } = args;
  const { step, width, mask } = target;
  for (let k = 0; k < width; k++) {
    let flag = 0;
    const value = rows.raw[k]!;
    if (value >= saturationAdu) flag |= MaskBit.saturated;
    if (!(rows.response[k]! >= lowestFlat)) flag |= MaskBit.bad;
    if (bad && bad[start + step * k]! !== 0) flag |= MaskBit.bad;
    if (!Number.isFinite(rows.electrons[k]!)) {
      flag |= Number.isFinite(value) ? MaskBit.bad : MaskBit.invalid;
      rows.electrons[k] = 0;
    }
    if (flag === 0) continue;
    mask[at + k] = flag;
    if (flag & MaskBit.invalid) tally.invalid++;
    if (flag & MaskBit.saturated) tally.saturated++;
    if (flag & MaskBit.bad) tally.bad++;
  }
}
