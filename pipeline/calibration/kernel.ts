import { rowsOfPart } from '../crew.ts';
import { MaskBit } from '../plane.ts';

/** Where one plane's pixels lie on the full mosaic, and the arrays that receive them. */
export interface PlaneTarget {
  readonly step: 1 | 2;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly width: number;
  readonly electrons: Float32Array;
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
  const { width, height, raw, bias, dark, darkScale, level, flat, bad, saturationAdu, gainEPerAdu, targets } = args;
  const { from, to } = rowsOfPart(height, part, parts);
  const row = new Float32Array(width);
  const flags = new Uint8Array(width);
  const scaled = dark !== undefined && bias !== undefined && darkScale !== 1;
  let invalid = 0;
  let saturated = 0;
  let nBad = 0;
  for (let y = from; y < to; y++) {
    const start = y * width;
    if (bad) for (let x = 0; x < width; x++) flags[x] = bad[start + x]! !== 0 ? MaskBit.bad : 0;
    else flags.fill(0);
    // Small loops over one row stay in the first-level cache, and each is plain enough to be compiled well.
    if (scaled) {
      for (let x = 0; x < width; x++) {
        const b = bias[start + x]!;
        row[x] = raw[start + x]! - level - b - darkScale * (dark[start + x]! - b);
      }
    } else if (dark ?? bias) {
      const pedestal = (dark ?? bias)!;
      for (let x = 0; x < width; x++) row[x] = raw[start + x]! - level - pedestal[start + x]!;
    } else {
      for (let x = 0; x < width; x++) row[x] = raw[start + x]! - level;
    }
    if (flat) {
      for (let x = 0; x < width; x++) {
        const response = flat[start + x]!;
        row[x] = (row[x]! * gainEPerAdu) / response;
        if (!(response >= lowestFlat)) flags[x] = flags[x]! | MaskBit.bad;
      }
    } else {
      for (let x = 0; x < width; x++) row[x] = row[x]! * gainEPerAdu;
    }
    for (let x = 0; x < width; x++) {
      let flag = flags[x]!;
      const value = row[x]!;
      if (!(value - value === 0)) {
        flag |= Number.isFinite(raw[start + x]!) ? MaskBit.bad : MaskBit.invalid;
        row[x] = 0;
      }
      if (raw[start + x]! >= saturationAdu) flag |= MaskBit.saturated;
      if (flag === 0) continue;
      flags[x] = flag;
      if (flag & MaskBit.invalid) invalid++;
      if (flag & MaskBit.saturated) saturated++;
      if (flag & MaskBit.bad) nBad++;
    }
    for (const target of targets) storeRow(target, y, row, flags);
  }
  return { invalid, saturated, bad: nBad };
}

function storeRow(target: PlaneTarget, y: number, row: Float32Array, flags: Uint8Array): void {
  const { step, offsetX, offsetY, width, electrons, mask } = target;
  if (y < offsetY || (y - offsetY) % step !== 0) return;
  const start = ((y - offsetY) / step) * width;
  for (let x = 0; x < width; x++) {
    electrons[start + x] = row[offsetX + step * x]!;
    mask[start + x] = flags[offsetX + step * x]!;
  }
}
