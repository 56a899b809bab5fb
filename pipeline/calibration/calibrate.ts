import type { Crew } from '../crew.ts';
import { sharedFloat32, sharedUint8 } from '../crew.ts';
import type { BayerPattern, Section } from '../header/facts.ts';
import type { NoiseFacts, Plane, PlaneName } from '../plane.ts';
import { evenAmplifiers, type JoinedAmplifiers } from './amplifiers.ts';
import { checkMosaic, settlePattern } from './bayer-check.ts';
import { type DetectorFacts, photonTransferCard } from './detector.ts';
import { addTallies, type CalibrateArguments, type calibrateRows, type PlaneTarget } from './kernel.ts';
import { type Linearity, linearise, linearityCurve } from './linearity.ts';
import { largestDarkScale, type Master, type MasterSet } from './master.ts';
import { maskUnexposed, subtractOverscan } from './overscan.ts';
import { findPileUp, settleSaturation } from './saturation.ts';
import { gainFromSky, type SkyGain } from './sky-gain.ts';
import { blankUnexposed, findUnexposed } from './unexposed.ts';

/** A raw frame in memory. */
export interface RawFrame {
  readonly width: number;
  readonly height: number;
  /** Raw ADU, row-major; NaN where blank. May be overwritten: take what you need of them first. */
  readonly pixels: Float32Array;
  readonly exposureS: number | undefined;
  /** Colours of the 2 x 2 cell as stored, for a colour camera, as the header has them; the pixels are asked too. */
  readonly bayer: BayerPattern | undefined;
  /** Where the frame was put together of the images of several amplifiers. */
  readonly joined?: JoinedAmplifiers | undefined;
}

export interface CalibrationOptions {
  readonly detector: DetectorFacts;
  readonly masters: MasterSet;
  /** One where a pixel is bad, on the frame's grid; joined with the masters' own maps. */
  readonly bad?: Uint8Array;
  /** ADU to subtract everywhere: a pedestal that is known to be in the frame. */
  readonly levelAdu?: number;
  /** The overscan, used where there is neither bias nor dark. */
  readonly overscan?: Section | undefined;
  /** The exposed area; what lies outside is masked. */
  readonly exposed?: Section | undefined;
  /** The detector's departure from linearity, where it is known. */
  readonly linearity?: Linearity | undefined;
  /** Corrections that the acquisition software made already, not to be made twice. */
  readonly alreadyCalibrated?: { readonly bias: boolean; readonly dark: boolean; readonly flat: boolean };
}

const ROWS_OF_PART = 96;

const wholeOf = ({ width, height }: RawFrame): Section => ({ x0: 0, x1: width, y0: 0, y1: height });

/** What was done to a frame; goes into every product. */
export interface CalibrationRecord {
  readonly biasId: string | undefined;
  readonly darkId: string | undefined;
  readonly darkScale: number;
  readonly flatId: string | undefined;
  readonly gainEPerAdu: number;
  readonly gainFrom: string;
  readonly readNoiseE: number | undefined;
  readonly saturationAdu: number | undefined;
  readonly saturationFrom: string;
  /** What was done about linearity: by whose word, up to which level above the pedestal, and how many pixels lay beyond. */
  readonly linearity: { readonly from: string; readonly limitAdu: number; readonly nBeyond: number } | undefined;
  /** Level of the overscan that was subtracted, ADU. */
  readonly overscanAdu: number | undefined;
  /** The Bayer pattern that was used, after the pixels were asked. */
  readonly bayer: BayerPattern | undefined;
  readonly nSaturated: number;
  readonly nBad: number;
  readonly nInvalid: number;
  readonly warnings: readonly string[];
}

export interface CalibratedFrame {
  /** One plane for a mono camera, four of half size (R, G1, G2, B) for a Bayer camera. */
  readonly planes: readonly Plane[];
  readonly record: CalibrationRecord;
}

/**
 * Calibrates a raw frame: linear(raw - bias - dark) gain / flat in electrons, saturation and bad pixels masked on the raw pixels. Without
 * bias or dark the overscan gives the pedestal; a Bayer pattern that the pixels contradict is turned over.
 * A master that does not fit the frame, or is missing, is left out and named in the record's warnings; the frame is
 * calibrated all the same.
 */
export async function calibrate(
  frame: RawFrame,
  options: CalibrationOptions,
  crew: Crew<{ calibrateRows: typeof calibrateRows }>,
): Promise<CalibratedFrame> {
  const warnings: string[] = [];
  const { detector } = options;
  const masters = usableMasters(frame, options, warnings);
  const darkScale = scaleOfDark(frame, masters, warnings);
  const dark = darkScale === undefined ? undefined : masters.dark;
  const { joined } = frame;
  const limit = settleSaturation(detector.saturationAdu, joined ? joined.pileUpAdu : findPileUp(frame.pixels));
  const { adu: saturationAdu, pileUp } = limit;
  if (limit.warning !== undefined) warnings.push(limit.warning);
  const pedestal = dark ?? masters.bias;
  const done = options.alreadyCalibrated;
  const { pattern, warning } = settlePattern(
    frame.bayer,
    checkMosaic(frame.width, frame.height, frame.pixels, frame.bayer),
  );
  if (warning !== undefined) warnings.push(warning);
  const unexposed = findUnexposed(frame, options.exposed ?? wholeOf(frame));
  const isRaw = !pedestal && !done?.bias && !done?.dark;
  const overscanAdu =
    joined?.overscanAdu ?? (isRaw && options.overscan ? subtractOverscan(frame, options.overscan) : undefined);
  const blanked = blankUnexposed(frame, unexposed);
  if (blanked !== undefined) warnings.push(blanked);
  if (isRaw && overscanAdu === undefined) warnings.push('no bias or dark frame: the pedestal is unknown');
  const levelAdu = options.levelAdu ?? 0;
  const pedestalAdu = levelAdu + (overscanAdu ?? 0) + (pedestal ? centralMean(pedestal) : 0);
  const { gain, readNoiseE: ownReadNoiseE } = settleDetector(frame, detector, masters, warnings);
  const gainEPerAdu = gain.value;
  const pedestalKnown = !isRaw || overscanAdu !== undefined || options.levelAdu !== undefined;
  const linearity = usableLinearity(options.linearity, pedestalKnown, warnings);
  const curve = linearity && linearityCurve(linearity);
  const fullAdu = Math.min(
    (saturationAdu ?? Number.POSITIVE_INFINITY) - pedestalAdu,
    linearity?.limitAdu ?? Number.POSITIVE_INFINITY,
  );
  const readNoiseE = totalReadNoise(ownReadNoiseE, gainEPerAdu, pedestalNoise(masters.bias, dark, darkScale));
  const noise: NoiseFacts = {
    gainEPerAdu,
    gainKnown: gain.isKnown,
    readNoiseE,
    pedestalKnown,
    flatError: masters.flat?.noise ?? 0,
    saturationE: (curve && Number.isFinite(fullAdu) ? linearise(curve, fullAdu) : fullAdu) * gainEPerAdu,
  };
  const planes = makePlanes(frame, pattern, noise);
  const args: CalibrateArguments = {
    width: frame.width,
    height: frame.height,
    raw: frame.pixels,
    bias: masters.bias?.pixels,
    dark: dark?.pixels,
    darkScale: darkScale ?? 1,
    level: levelAdu,
    flat: masters.flat?.pixels,
    bad: [options.bad, masters.bias?.bad, dark?.bad, masters.flat?.bad].filter((map) => map !== undefined),
    saturationAdu: (saturationAdu ?? Number.POSITIVE_INFINITY) - (overscanAdu ?? 0),
    gainEPerAdu,
    linearity: curve,
    targets: planes.map(
      (plane): PlaneTarget => ({ ...plane.mosaic, width: plane.width, electrons: plane.electrons, mask: plane.mask }),
    ),
  };
  const tally = (await crew.run('calibrateRows', args, Math.ceil(frame.height / ROWS_OF_PART))).reduce(addTallies);
  if (options.exposed) for (const plane of planes) maskUnexposed(plane, options.exposed);
  const evened =
    joined && settleAmplifiers(planes[0]!, joined, pedestalKnown, masters.flat !== undefined || done?.flat === true);
  if (evened !== undefined) warnings.push(evened);
  return {
    planes,
    record: {
      biasId: masters.bias?.id,
      darkId: dark?.id,
      darkScale: darkScale ?? 0,
      flatId: masters.flat?.id,
      gainEPerAdu,
      gainFrom: gain.card,
      readNoiseE,
      saturationAdu,
      saturationFrom: pileUp === undefined ? (detector.saturationAdu?.card ?? 'unknown') : 'data',
      linearity: linearity && { from: linearity.from, limitAdu: linearity.limitAdu, nBeyond: tally.nonlinear },
      overscanAdu,
      bayer: pattern,
      nSaturated: tally.saturated,
      nBad: tally.bad,
      nInvalid: tally.invalid,
      warnings,
    },
  };
}

/** Amplifiers without pedestal are brought to one level; those that neither cards nor a flat bring to one gain, to one sky. */
function settleAmplifiers(
  plane: Plane,
  { sections, hasGains }: JoinedAmplifiers,
  pedestalKnown: boolean,
  isFlatFielded: boolean,
): string | undefined {
  if (plane.name !== 'mono') return undefined;
  if (!pedestalKnown) return evenAmplifiers(plane, sections, 'level');
  return hasGains || isFlatFielded ? undefined : evenAmplifiers(plane, sections, 'gain');
}

/** A gain that the sky contradicts by more than this, and by three sigma beyond it, gives way. */
const tolerated = 0.1;

interface DetectorHere {
  readonly gain: { readonly value: number; readonly card: string; readonly isKnown: boolean };
  /** Of one frame, without what the masters add. */
  readonly readNoiseE: number | undefined;
}

/**
 * The gain and read noise to use. Photon transfer on the site's own flats is the best there is. Whatever else tells the gain is held
 * against the sky of the frame, which takes its place where the two clearly disagree, and stands in for one that nobody tells.
 */
function settleDetector(frame: RawFrame, told: DetectorFacts, masters: MasterSet, warnings: string[]): DetectorHere {
  const { gainEPerAdu: gain } = told;
  const readNoiseE = told.readNoiseE?.value;
  if (gain?.card === photonTransferCard) return { gain: { ...gain, isKnown: true }, readNoiseE };
  const sky = skyGain(frame, masters);
  const remedy = 'flat and bias frames tell it, or camera.gainEPerAdu in the configuration';
  if (!gain && !sky) {
    warnings.push('the gain (electrons per ADU) is unknown: taken as 1');
    return { gain: { value: 1, card: 'unknown', isKnown: false }, readNoiseE };
  }
  if (!gain) {
    warnings.push(`the gain is not told: ${inWords(sky!)} by the sky of this frame; ${remedy}`);
    return { gain: { value: sky!.gainEPerAdu, card: skyCard, isKnown: false }, readNoiseE };
  }
  const isContradicted = sky && Math.abs(sky.gainEPerAdu - gain.value) > tolerated * gain.value + 3 * sky.gainErr;
  if (!isContradicted) return { gain: { ...gain, isKnown: true }, readNoiseE };
  const measured = `${inWords(sky)} were measured on the sky of this frame and are used`;
  warnings.push(
    `a gain of ${gain.value} e-/ADU is said (${gain.card}): ${measured}; flat and bias frames tell it better`,
  );
  return {
    gain: { value: sky.gainEPerAdu, card: skyCard, isKnown: true },
    readNoiseE: settleReadNoise(told.readNoiseE, masters.bias, sky.gainEPerAdu, warnings),
  };
}

const skyCard = 'sky of the frame';

function inWords({ gainEPerAdu, gainErr }: SkyGain): string {
  return `${gainEPerAdu.toPrecision(3)} +- ${gainErr.toPrecision(1)} e-/ADU`;
}

/** Where the gain was wrong by far, so may be the read noise: the biases tell it in ADU. */
function settleReadNoise(
  told: DetectorFacts['readNoiseE'],
  bias: Master | undefined,
  gainEPerAdu: number,
  warnings: string[],
): number | undefined {
  if (!bias || !(bias.noise > 0)) return told?.value;
  const measuredE = noiseOfOne(bias) * gainEPerAdu;
  if (told && Math.abs(told.value / measuredE - 1) <= tolerated) return told.value;
  if (told) {
    const measured = `${measuredE.toPrecision(3)} e- by the biases and this gain are used`;
    warnings.push(`a read noise of ${told.value} e- is said (${told.card}): ${measured}`);
  }
  return measuredE;
}

/** rms of one of the frames that went into a master, ADU. */
function noiseOfOne({ noise, nCombined }: Master): number {
  return noise * Math.sqrt(nCombined);
}

/** The gain by the sky of a frame, where a master of known noise tells what it is without light. */
function skyGain({ width, height, pixels, exposureS }: RawFrame, { bias, dark, flat }: MasterSet): SkyGain | undefined {
  const isOfExposure =
    dark !== undefined && exposureS !== undefined && Math.abs(exposureS / dark.exposureS - 1) <= 0.02;
  const pedestal = isOfExposure ? dark : (bias ?? dark);
  if (!pedestal || !(pedestal.noise > 0)) return undefined;
  return gainFromSky({
    width,
    height,
    pixels,
    pedestal: pedestal.pixels,
    darkNoiseAdu: Math.hypot(noiseOfOne(pedestal), pedestal.noise),
    flat: flat?.pixels,
    flatError: flat?.noise ?? 0,
  });
}

/** Linearity is a matter of the level above the pedestal: without one it cannot be told. */
function usableLinearity(
  linearity: Linearity | undefined,
  pedestalKnown: boolean,
  warnings: string[],
): Linearity | undefined {
  if (!linearity || pedestalKnown) return linearity;
  warnings.push('linearity is not corrected: without a bias, dark or overscan the level of a pixel is unknown');
  return undefined;
}

function usableMasters(frame: RawFrame, options: CalibrationOptions, warnings: string[]): MasterSet {
  const done = options.alreadyCalibrated;
  const use = (name: 'bias' | 'dark' | 'flat', isDone: boolean | undefined): Master | undefined => {
    const master = options.masters[name];
    if (isDone) {
      warnings.push(`the header says the ${name} correction was made already: not made again`);
      return undefined;
    }
    if (!master) return undefined;
    if (master.width === frame.width && master.height === frame.height) return master;
    warnings.push(
      `the master ${name} has ${master.width} x ${master.height} pixels, the frame ${frame.width} x ${frame.height}: not used`,
    );
    return undefined;
  };
  const bias = use('bias', done?.bias || done?.dark);
  const dark = use('dark', done?.dark);
  const flat = use('flat', done?.flat);
  if (!flat && !done?.flat) warnings.push('no flat field');
  return { ...(bias && { bias }), ...(dark && { dark }), ...(flat && { flat }) };
}

/**
 * How much of the dark to subtract: 1 when exposures agree to 2 %, scaled when a bias allows it, undefined when neither. A dark is
 * not stretched beyond three times its exposure: its noise would be, too, and what does not grow with time (the glow of
 * an amplifier, hot pixels that saturate).
 */
function scaleOfDark(frame: RawFrame, masters: MasterSet, warnings: string[]): number | undefined {
  const { dark, bias } = masters;
  if (!dark) return undefined;
  if (frame.exposureS === undefined) {
    warnings.push('the exposure time is unknown: the dark frame is subtracted as it is');
    return 1;
  }
  const ratio = frame.exposureS / dark.exposureS;
  if (Math.abs(ratio - 1) <= 0.02) return 1;
  if (bias && ratio <= largestDarkScale) {
    warnings.push(`the dark of ${dark.exposureS} s is scaled to ${frame.exposureS} s`);
    return ratio;
  }
  if (bias || ratio > 1) {
    const why = bias ? 'is too short to be scaled so far' : 'does not fit, and no bias allows scaling it';
    warnings.push(`the dark of ${dark.exposureS} s for a frame of ${frame.exposureS} s ${why}`);
  }
  if (bias) return undefined;
  warnings.push(`the dark of ${dark.exposureS} s stands in for the missing bias of a ${frame.exposureS} s frame`);
  return 1;
}

function totalReadNoise(readNoiseE: number | undefined, gain: number, pedestalNoiseAdu: number): number | undefined {
  if (readNoiseE === undefined) return undefined;
  return Math.hypot(readNoiseE, pedestalNoiseAdu * gain);
}

/** rms error of bias + k (dark - bias), ADU; of the one that is used where there is nothing to scale. */
function pedestalNoise(bias: Master | undefined, dark: Master | undefined, scale: number | undefined): number {
  if (!dark || scale === undefined) return bias?.noise ?? 0;
  if (!bias || scale === 1) return dark.noise;
  return Math.hypot(scale * dark.noise, (1 - scale) * bias.noise);
}

/** Mean of the central half, of some ten thousand pixels of every column and row phase. */
function centralMean({ width, height, pixels }: Master): number {
  const step = Math.max(1, Math.floor(Math.sqrt(width * height) / 200)) | 1;
  let sum = 0;
  let count = 0;
  for (let y = height >> 2; y < height - (height >> 2); y += step) {
    for (let x = width >> 2; x < width - (width >> 2); x += step) {
      const value = pixels[y * width + x]!;
      if (Number.isFinite(value)) {
        sum += value;
        count++;
      }
    }
  }
  return count > 0 ? sum / count : 0;
}

function makePlanes(frame: RawFrame, pattern: BayerPattern | undefined, noise: NoiseFacts): Plane[] {
  const { width, height } = frame;
  if (pattern === undefined) {
    const shared = frame.pixels.buffer instanceof SharedArrayBuffer;
    const electrons = shared ? frame.pixels : sharedFloat32(width * height);
    const mosaic = { step: 1, offsetX: 0, offsetY: 0 } as const;
    return [{ name: 'mono', width, height, electrons, mask: sharedUint8(width * height), noise, mosaic }];
  }
  return bayerOffsets(pattern).map(({ name, x, y }) => {
    const planeWidth = (width - x + 1) >> 1;
    const planeHeight = (height - y + 1) >> 1;
    const size = planeWidth * planeHeight;
    const mosaic = { step: 2, offsetX: x, offsetY: y } as const;
    return {
      name,
      width: planeWidth,
      height: planeHeight,
      electrons: sharedFloat32(size),
      mask: sharedUint8(size),
      noise,
      mosaic,
    };
  });
}

/** Where the four colours of a cell stand, in the order R, G1, G2, B; G1 shares its row with R. */
export function bayerOffsets(pattern: BayerPattern): { name: PlaneName; x: number; y: number }[] {
  const r = pattern.indexOf('R');
  const b = pattern.indexOf('B');
  const place = (index: number) => ({ x: index % 2, y: index >> 1 });
  return [
    { name: 'R', ...place(r) },
    { name: 'G1', x: 1 - place(r).x, y: place(r).y },
    { name: 'G2', x: place(r).x, y: 1 - place(r).y },
    { name: 'B', ...place(b) },
  ];
}
