import type { FrameFacts } from '../header/facts.ts';
import type { DetectorFacts } from './detector.ts';

/** What is published of a camera: good enough until the site's own frames have been measured. */
export interface KnownCamera {
  /** Regular expression (ignoring case) for the camera's name as programs write it. */
  readonly pattern: string;
  /** Bits of its converter. */
  readonly bits: number;
  /** Electrons per step of the converter at gain setting 0. */
  readonly eAtZeroGain: number;
  /** Gain settings that make a factor of ten (200 where a step is 0.1 dB). */
  readonly settingsPerDecade: number;
  /** The rule holds for settings below this one; beyond it the sensor switches its conversion. */
  readonly validBelow: number;
  /** Where the numbers are from. */
  readonly source: string;
}

/**
 * The published values for a frame's camera, converted to the file's ADU. `codeStep` is the step between codes in its pixels
 * (see `findCodeStep`): a 12-bit converter whose values are shifted up by four bits makes 16 ADU a step. Nothing for
 * unknown cameras, unknown gain settings and binned frames.
 */
export function lookUpCamera(
  cameras: readonly KnownCamera[],
  facts: Pick<FrameFacts, 'camera' | 'gainSetting' | 'binning'>,
  codeStep: number | undefined,
): Partial<Record<keyof DetectorFacts, number>> {
  const name = facts.camera?.value;
  const camera = name === undefined ? undefined : cameras.find((one) => new RegExp(one.pattern, 'i').test(name));
  if (!camera || (facts.binning?.value.x ?? 1) !== 1) return {};
  const step = codeStep !== undefined && codeStep > 1 ? codeStep : 1;
  const saturationAdu = (2 ** camera.bits - 1) * step;
  const setting = facts.gainSetting?.value;
  if (setting === undefined || setting < 0 || setting >= camera.validBelow) return { saturationAdu };
  return { saturationAdu, gainEPerAdu: (camera.eAtZeroGain * 10 ** (-setting / camera.settingsPerDecade)) / step };
}
