import { Parked } from '../../base/errors.ts';

/** Bounds that are checked before anything is allocated, so that a hostile header costs nothing. */
export interface FitsLimits {
  readonly maxHeaderBytes: number;
  readonly maxHdus: number;
  readonly maxAxes: number;
  readonly maxPixels: number;
  /** Cells of a table, elements of its lists included. */
  readonly maxCells: number;
  /** The largest size that a compressed file may unpack to. */
  readonly maxUnpackedBytes: number;
}

export const defaultLimits: FitsLimits = {
  maxHeaderBytes: 4_608_000,
  maxHdus: 1000,
  maxAxes: 16,
  maxPixels: 400_000_000,
  maxCells: 50_000_000,
  maxUnpackedBytes: 1_000_000_000,
};

export type FitsFault =
  | 'empty'
  | 'not-fits'
  | 'header-broken'
  | 'truncated'
  | 'too-large'
  | 'unsupported'
  | 'no-image'
  | 'several-images'
  | 'corrupt';

/** A file that cannot be read as it is; `code` is `fits.` followed by the fault. */
export class BadFits extends Parked {
  readonly fault: FitsFault;

  constructor(fault: FitsFault, message: string, options?: { cause?: unknown }) {
    super(`fits.${fault}`, message, options);
    this.fault = fault;
  }
}
