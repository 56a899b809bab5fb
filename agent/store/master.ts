import type { Linearity } from '../../pipeline/calibration/linearity.ts';
import type { Master } from '../../pipeline/calibration/master.ts';

export type MasterKind = Master['kind'];

/** What a calibration frame and the frames it corrects must share. Null where the header does not say. */
export interface Setup {
  readonly camera: string | null;
  readonly gainSetting: number | null;
  readonly offsetSetting: number | null;
  /** Columns and rows that were added up, as `2x2`. */
  readonly binning: string | null;
  readonly readoutMode: string | null;
  readonly bayer: string | null;
  /** Where the frame begins on the sensor, as `0,0`. */
  readonly subframe: string | null;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
}

/** What the choice of calibration frames goes by, for calibration frames and light frames alike. */
export interface CalibrationFacts {
  readonly setup: Setup;
  readonly exposureS: number | null;
  readonly temperatureC: number | null;
  readonly filter: string | null;
  readonly rotatorDeg: number | null;
  /** Middle of the exposure, Unix milliseconds. */
  readonly takenMs: number;
}

/** A frame that was left out of a master. */
export interface RejectedMember {
  readonly name: string;
  readonly reason: string;
}

/** What a detector's own frames told of it at one setup. */
export interface MeasuredDetector {
  readonly gainEPerAdu: number;
  readonly gainErr: number;
  readonly readNoiseE: number;
  readonly readNoiseErrE: number;
  /** Level above bias, ADU, from which brighter flats show another gain (by over 5 %); null where none do. */
  readonly linearToAdu: number | null;
  /** By flats of one lamp at different exposures; null where there are none. */
  readonly linearity: Linearity | null;
}
