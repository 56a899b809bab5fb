import { rowsOfPart } from '../crew.ts';
import { MaskBit } from '../plane.ts';
import { type LinearityCurve, linearise } from './linearity.ts';

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
  /** Maps of bad pixels: not zero where one is. */
  readonly bad: readonly Uint8Array[];
  readonly saturationAdu: number;
  readonly gainEPerAdu: number;
  /** Applied to the level above the pedestal, before the flat. */
  readonly linearity: LinearityCurve | undefined;
  readonly targets: readonly PlaneTarget[];
}

export interface CalibrateTally {
  readonly invalid: number;
  readonly saturated: number;
  /** Of the saturated: below saturation, but beyond the limit of linearity. */
  readonly nonlinear: number;
  readonly bad: number;
}

export function addTallies(a: CalibrateTally, b: CalibrateTally): CalibrateTally {
  return {
    invalid: a.invalid + b.invalid,
    saturated: a.saturated + b.saturated,
    nonlinear: a.nonlinear + b.nonlinear,
    bad: a.bad + b.bad,
  };
}

/** A flat field below this share of the mean tells more noise than response. */
const lowestFlat = 0.2;

/**
 * Raw ADU to electrons in one pass over the rows of a part: linear(raw - pedestal) gain / flat, with the mask set from the raw
 * value. A mono target may share its array with `raw`. Pixels without a usable value become 0 and are masked.
 */
export function calibrateRows(args: CalibrateArguments, part: number, parts: number): CalibrateTally {
  const { from, to } = rowsOfPart(args.height, part, parts);
  const tally = { invalid: 0, saturated: 0, nonlinear: 0, bad: 0 };
  for (const target of args.targets) calibrateTarget(args, target, from, to, tally);
  return tally;
}

function calibrateTarget(args: CalibrateArguments, target: PlaneTarget, from: number, to: number, tally: Tally): void {
  const { raw, bias, dark, darkScale, level, flat, bad, linearity } = args;
  const { step, offsetX, offsetY, width, electrons, mask } = target;
  // A copy, because the electrons may take the place of the raw pixels.
  const rawRow = new Float32Array(width);
  const biasRow = new Float32Array(width);
  const linearRow = new Float32Array(linearity ? width : 0);
  const pedestalRow = new Float32Array(width).fill(level);
  const flatRow = new Float32Array(width).fill(1);
  const master = dark ?? bias;
  const scaledFrom = dark !== undefined && darkScale !== 1 ? bias : undefined;
  const firstRow = from <= offsetY ? offsetY : from + ((from - offsetY) % step);
  for (let y = firstRow; y < to; y += step) {
    const start = y * args.width + offsetX;
    const at = ((y - offsetY) / step) * width;
    let pedestal = master ? rowOf(master, start, step, pedestalRow) : pedestalRow;
    if (master && (scaledFrom || level !== 0)) {
      const zero = scaledFrom ? rowOf(scaledFrom, start, step, biasRow) : pedestal;
      for (let k = 0; k < width; k++) pedestalRow[k] = zero[k]! + darkScale * (pedestal[k]! - zero[k]!) + level;
      pedestal = pedestalRow;
    }
    gather(raw, start, step, rawRow);
    const row: Row = {
      raw: rawRow,
      pedestal,
      response: flat ? rowOf(flat, start, step, flatRow) : flatRow,
      electrons: electrons.subarray(at, at + width),
      mask: mask.subarray(at, at + width),
    };
    const isStraight = !linearity || lineariseRow(row, linearity, linearRow);
    const isOrdinary = calibrateRow(row, linearity ? linearRow : rawRow, args);
    // A pixel out of the ordinary is rare, so its row is gone through again for it.
    if (!isStraight || !isOrdinary) flagRow(row, args, tally);
    for (const map of bad) flagBad(map, start, step, row.mask, tally);
  }
}

type Tally = { -readonly [count in keyof CalibrateTally]: CalibrateTally[count] };

/** One row of a plane, pixel beside pixel. */
interface Row {
  readonly raw: Float32Array;
  readonly pedestal: Float32Array;
  readonly response: Float32Array;
  readonly electrons: Float32Array;
  readonly mask: Uint8Array;
}

/** Every `step`-th pixel from `start`: where they lie beside each other as they are, else gathered in `scratch`. */
function rowOf(source: Float32Array, start: number, step: number, scratch: Float32Array): Float32Array {
  if (step === 1) return source.subarray(start, start + scratch.length);
  gather(source, start, step, scratch);
  return scratch;
}

function gather(source: Float32Array, start: number, step: number, row: Float32Array): void {
  if (step === 1) row.set(source.subarray(start, start + row.length));
  else for (let k = 0; k < row.length; k++) row[k] = source[start + step * k]!;
}

/** What the raw pixels of a row would be if the detector were linear; false when one lies beyond the limit of that. */
function lineariseRow({ raw, pedestal }: Row, curve: LinearityCurve, linear: Float32Array): boolean {
  let isWithin = true;
  for (let k = 0; k < raw.length; k++) {
    const level = raw[k]! - pedestal[k]!;
    if (level >= curve.limitAdu) isWithin = false;
    linear[k] = pedestal[k]! + linearise(curve, level);
  }
  return isWithin;
}

/**
 * The inner loop; false when a pixel needs another look. It stores every pixel in the same way and calls nothing: seeing to the
 * rare pixel here would make every other half as slow again.
 */
function calibrateRow(
  { raw, pedestal, response, electrons }: Row,
  linear: Float32Array,
  { gainEPerAdu, saturationAdu }: CalibrateArguments,
): boolean {
  let isOrdinary = true;
  for (let k = 0; k < electrons.length; k++) {
    const divisor = response[k]!;
    const above = ((linear[k]! - pedestal[k]!) * gainEPerAdu) / divisor;
    electrons[k] = above;
    // Written so that NaN fails each test.
    if (!(raw[k]! < saturationAdu) || !(divisor >= lowestFlat) || !(Math.abs(above) < Number.POSITIVE_INFINITY)) {
      isOrdinary = false;
    }
  }
  return isOrdinary;
}

/** Flags the pixels of a row by their raw values and their flat, gives those without a value 0, and counts. */
function flagRow(
  { raw, pedestal, response, electrons, mask }: Row,
  { saturationAdu, linearity }: CalibrateArguments,
  tally: Tally,
): void {
  const limitAdu = linearity?.limitAdu ?? Number.POSITIVE_INFINITY;
  for (let k = 0; k < raw.length; k++) {
    let flag = 0;
    const value = raw[k]!;
    if (value >= saturationAdu) flag |= MaskBit.saturated;
    else if (value - pedestal[k]! >= limitAdu) {
      flag |= MaskBit.saturated;
      tally.nonlinear++;
    }
    if (!(response[k]! >= lowestFlat)) flag |= MaskBit.bad;
    if (!Number.isFinite(electrons[k]!)) {
      flag |= Number.isFinite(value) ? MaskBit.bad : MaskBit.invalid;
      electrons[k] = 0;
    }
    if (flag === 0) continue;
    mask[k] = flag;
    if (flag & MaskBit.invalid) tally.invalid++;
    if (flag & MaskBit.saturated) tally.saturated++;
    if (flag & MaskBit.bad) tally.bad++;
  }
}

function flagBad(map: Uint8Array, start: number, step: number, mask: Uint8Array, tally: Tally): void {
  for (let k = 0, i = start; k < mask.length; k++, i += step) {
    if (map[i] === 0 || (mask[k]! & MaskBit.bad) !== 0) continue;
    mask[k] = mask[k]! | MaskBit.bad;
    tally.bad++;
  }
}
