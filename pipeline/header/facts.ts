import type { Mjd } from '../time/mjd.ts';

export type Confidence = 'high' | 'medium' | 'low';

/** One quantity with where it came from. */
export interface Fact<T> {
  readonly value: T;
  /** The keyword that won, or where else it came from: `configuration`, `file name`, `folder name`, `data`, `default`. */
  readonly card: string;
  readonly confidence: Confidence;
}

export type FrameKind = 'bias' | 'dark' | 'flat' | 'flat-dark' | 'light';

/** How far the moment of a frame can be trusted, and why not further. */
export interface TimeVerdict {
  readonly verdict: 'good' | 'doubtful' | 'unusable';
  readonly reasons: readonly string[];
}

/** Why a frame must not be measured, in words an observer understands. */
export interface Refusal {
  readonly code: 'live-stack' | 'debayered' | 'cube' | 'stretched' | 'processed';
  readonly reason: string;
}

/** The colours of a 2 x 2 cell in the order of the pixels as stored: (0,0), (1,0), (0,1), (1,1), first row of the file first. */
export type BayerPattern = 'RGGB' | 'BGGR' | 'GRBG' | 'GBRG';

export interface BayerFacts {
  /** Of the pixels as stored, with row order and offsets already applied. */
  readonly pattern: BayerPattern;
  /** What the header said, before. */
  readonly headerPattern: string;
  readonly rowOrder: 'TOP-DOWN' | 'BOTTOM-UP' | 'unknown';
}

/** A rectangle of pixels, 0-based, `x1` and `y1` not included. */
export interface Section {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** A position that cards tell beside the chosen one. */
export interface HeaderPosition {
  readonly raDeg: number;
  readonly decDeg: number;
  /** The pair of cards, as `OBJCTRA and OBJCTDEC`. */
  readonly cards: string;
}

/** Everything that the header of a frame tells; undefined where it tells nothing. */
export interface FrameFacts {
  /** The dialect that was recognised, `generic` when none was. */
  readonly dialect: string;
  readonly software: Fact<string> | undefined;
  /** A light frame (card `default`, confidence low) where nothing tells. */
  readonly kind: Fact<FrameKind>;
  /** True when the header says that this is a combined (master) frame. */
  readonly isMaster: boolean;
  readonly object: Fact<string> | undefined;
  readonly filter: Fact<string> | undefined;
  readonly exposureS: Fact<number> | undefined;
  readonly startUtc: Fact<Mjd> | undefined;
  readonly midUtc: Fact<Mjd> | undefined;
  readonly time: TimeVerdict;
  /** The camera's gain and offset settings, as the camera counts them (not e-/ADU). */
  readonly gainSetting: Fact<number> | undefined;
  readonly offsetSetting: Fact<number> | undefined;
  readonly gainEPerAdu: Fact<number> | undefined;
  /** gainEPerAdu counts the converter's own steps: where the file's values are shifted up, it must be divided by their step. */
  readonly gainBeforeShift: boolean;
  readonly readNoiseE: Fact<number> | undefined;
  readonly saturationAdu: Fact<number> | undefined;
  readonly binning: Fact<{ readonly x: number; readonly y: number }> | undefined;
  /** Size of a pixel of this frame, after binning. */
  readonly pixelSizeUm: Fact<number> | undefined;
  readonly sensorTemperatureC: Fact<number> | undefined;
  readonly setTemperatureC: Fact<number> | undefined;
  readonly camera: Fact<string> | undefined;
  readonly telescope: Fact<string> | undefined;
  readonly readoutMode: Fact<string> | undefined;
  readonly bayer: Fact<BayerFacts> | undefined;
  readonly raDeg: Fact<number> | undefined;
  readonly decDeg: Fact<number> | undefined;
  /** True when the header gave them for the equinox of date; they are brought to J2000 where the time is known. */
  readonly coordinatesOfDate: boolean;
  /** Where other cards, or another unit of the same card, put the frame; the likeliest first. */
  readonly otherPositions: readonly HeaderPosition[];
  readonly siteLatDeg: Fact<number> | undefined;
  /** East positive, in (-180, 180]. */
  readonly siteLonDeg: Fact<number> | undefined;
  readonly siteHeightM: Fact<number> | undefined;
  readonly focalLengthMm: Fact<number> | undefined;
  readonly apertureMm: Fact<number> | undefined;
  readonly scaleArcsecPerPx: Fact<number> | undefined;
  readonly airmass: Fact<number> | undefined;
  readonly altitudeDeg: Fact<number> | undefined;
  readonly rotatorDeg: Fact<number> | undefined;
  /** Pixels of the stored image; undefined where the header alone was read. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly subframe: { readonly x: number; readonly y: number } | undefined;
  readonly dataSection: Fact<Section> | undefined;
  readonly biasSection: Fact<Section> | undefined;
  readonly trimSection: Fact<Section> | undefined;
  /** Corrections the acquisition software says it applied already. */
  readonly calibrated: { readonly bias: boolean; readonly dark: boolean; readonly flat: boolean };
  /** Level, ADU, that the software left in when it corrected bias or dark, lest pixels fall below zero; at least 0. */
  readonly pedestalAdu: Fact<number> | undefined;
  readonly requestId: Fact<string> | undefined;
  readonly visitId: Fact<string> | undefined;
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
}
