import type { Confidence, FrameKind } from './facts.ts';

/** Every quantity the resolver looks up by keyword. */
export type Quantity =
  | 'software'
  | 'kind'
  | 'object'
  | 'filter'
  | 'exposureS'
  | 'exposureMs'
  | 'elapsedS'
  | 'dateStart'
  | 'timeStart'
  | 'dateMid'
  | 'timeMid'
  | 'dateEnd'
  | 'timeEnd'
  | 'dateFile'
  | 'dateLocal'
  | 'timeLocal'
  | 'mjdStart'
  | 'jdStart'
  | 'mjdMid'
  | 'jdMid'
  | 'mjdEnd'
  | 'siderealTime'
  | 'timeScale'
  | 'gainSetting'
  | 'offsetSetting'
  | 'gainEPerAdu'
  | 'readNoiseE'
  | 'saturationAdu'
  | 'binning'
  | 'binningX'
  | 'binningY'
  | 'pixelSizeUm'
  | 'unbinnedPixelSizeUm'
  | 'sensorTemperatureC'
  | 'setTemperatureC'
  | 'camera'
  | 'telescope'
  | 'readoutMode'
  | 'bayerPattern'
  | 'bayerOffsetX'
  | 'bayerOffsetY'
  | 'rowOrder'
  | 'raHours'
  | 'raDeg'
  | 'decDeg'
  | 'siteLatDeg'
  | 'siteLonDeg'
  | 'siteHeightM'
  | 'focalLengthMm'
  | 'focalRatio'
  | 'apertureMm'
  | 'scaleArcsecPerPx'
  | 'airmass'
  | 'altitudeDeg'
  | 'rotatorDeg'
  | 'subframeX'
  | 'subframeY'
  | 'dataSection'
  | 'biasSection'
  | 'trimSection'
  | 'calibrationStatus'
  | 'stackCount'
  | 'pedestalAdu'
  | 'requestId'
  | 'visitId';

/** A keyword to look under; a bare string is trusted fully. */
export type KeywordRule = string | { readonly keyword: string; readonly confidence: Confidence };

export type KeywordTable = Readonly<Partial<Record<Quantity, readonly KeywordRule[]>>>;

/** A condition on one card: its keyword, and a regular expression (ignoring case) its value must match. */
export interface CardTest {
  readonly keyword: string;
  readonly pattern: string;
}

/**
 * How one program writes headers, as data. What a dialect does not say is looked up in the generic table.
 */
export interface Dialect {
  readonly id: string;
  readonly name: string;
  /** The dialect applies when any of these holds; the first dialect of the table that applies wins. */
  readonly recognise: readonly CardTest[];
  /** Looked up before the generic keywords. */
  readonly keywords?: KeywordTable;
  /** Generic keywords that must not be believed here. */
  readonly ignore?: readonly { readonly quantity: Quantity; readonly keyword: string }[];
  /** Longitudes are counted west-positive. */
  readonly westPositive?: boolean;
  /** Temperatures are in kelvin. */
  readonly kelvin?: boolean;
  /** GAIN holds electrons per ADU, not a setting. */
  readonly gainIsEPerAdu?: boolean;
  /** How far the electrons per ADU of this program can be trusted: several write the value of the unshifted ADC. */
  readonly eGainConfidence?: Confidence;
  /** EGAIN counts steps of the converter, before its values were shifted up to 16 bits. */
  readonly eGainBeforeShift?: boolean;
  /** RA and Dec refer to the equinox of date. */
  readonly coordinatesOfDate?: boolean;
  /** RA and Dec are where the telescope was told to point, not where it points. */
  readonly coordinatesCommanded?: boolean;
  /** The pixel size is that of the sensor, before binning. */
  readonly pixelSizeUnbinned?: boolean;
  /** Row order where no card tells it. */
  readonly rowOrder?: 'TOP-DOWN' | 'BOTTOM-UP';
  /** Everything this program writes is processed and must not be measured as a raw frame. */
  readonly refuse?: string;
  /** Frames for which this holds are stacks. */
  readonly stackWhen?: readonly CardTest[];
  /** Files whose name matches this regular expression (ignoring case) are stacks, which some headers do not tell. */
  readonly stackNames?: string;
}

/** A value of the image type, or a word of a file or folder name, and the kind of frame it means. */
export interface KindRule {
  readonly pattern: string;
  readonly kind: FrameKind;
}

/** All that the resolver must be told about the world's headers. */
export interface DialectTable {
  readonly dialects: readonly Dialect[];
  readonly generic: KeywordTable;
  readonly kinds: readonly KindRule[];
  /** Patterns of one word or two in the names of files and folders. */
  readonly kindsByName: readonly KindRule[];
  /** Words of three letters and more that may stand beside them; any other could belong to a target's name. */
  readonly neutralWords: readonly string[];
}

/** What a site states in its configuration against the header. */
export interface HeaderOverrides {
  /** Dialects of the site, tried before ours. */
  readonly dialects?: readonly Dialect[];
  /** Keywords of the site, looked up first. */
  readonly keywords?: KeywordTable;
  /** Values that win over any card. Angles in degrees, east positive. */
  readonly values?: Readonly<Partial<Record<Quantity, string | number>>>;
}
