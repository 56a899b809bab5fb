import type { Hdu } from '../fits/hdu.ts';
import { Header } from '../fits/header.ts';
import { imageFacts } from '../fits/image.ts';
import type { FitsLimits } from '../fits/limits.ts';
import type { Section } from '../header/facts.ts';
import { asSection } from '../header/values.ts';

/** One image of a file that holds several, with the cards that describe it (the primary header's included). */
export interface PartOfFile {
  readonly hdu: Hdu;
  readonly header: Header;
}

/** What one amplifier read of a detector, and where it belongs on the whole image. */
export interface Amplifier extends PartOfFile {
  /** The exposed pixels, in its own image. */
  readonly data: Section;
  /** The overscan, in its own image. */
  readonly overscan: Section | undefined;
  /** Where `data` lies on the whole image. */
  readonly on: Section;
  /** Whether columns or rows are stored against the order of the detector. */
  readonly isTurnedX: boolean;
  readonly isTurnedY: boolean;
}

export interface AmplifierLayout {
  readonly width: number;
  readonly height: number;
  readonly amplifiers: readonly Amplifier[];
}

/** Cards that name one of several detectors. */
const detectorCards = ['CCDNAME', 'CCDID', 'CCDNUM', 'CHIPID', 'DETID'];
const largestBinning = 16;

/**
 * Where the images of a file lie on their detector, by DETSEC (else CCDSEC), DATASEC (else TRIMSEC, else all pixels) and LTMi_i, as NOAO's
 * mosaic keywords define them. A section in falling order, or a negative LTMi_i, is an axis that is read backwards. The
 * binning is the ratio of DETSEC to DATASEC. Gives the reason where the images do not fill one rectangle of one detector.
 */
export function layOutAmplifiers(
  parts: readonly PartOfFile[],
  limits: FitsLimits,
): AmplifierLayout | { readonly reason: string } {
  const names = detectorCards.map((card) => new Set(parts.map(({ header }) => String(header.value(card) ?? ''))));
  if (names.some((distinct) => distinct.size > 1)) return { reason: 'they are of several detectors' };
  const placed: { part: PartOfFile; data: OrientedSection; on: OrientedSection }[] = [];
  for (const part of parts) {
    const { width, height, nPlanes } = imageFacts(part.hdu, limits);
    const on = orientedSection(part.header.value('DETSEC') ?? part.header.value('CCDSEC'));
    const whole = { x0: 0, x1: width, y0: 0, y1: height, isTurnedX: false, isTurnedY: false };
    const data = orientedSection(part.header.value('DATASEC') ?? part.header.value('TRIMSEC')) ?? whole;
    if (!on) return { reason: 'no DETSEC tells where each lies on the detector' };
    if (nPlanes > 1 || data.x1 > width || data.y1 > height) return { reason: 'DATASEC does not lie within them' };
    placed.push({ part, data, on });
  }
  const binX = sameRatio(placed.map(({ data, on }) => (on.x1 - on.x0) / (data.x1 - data.x0)));
  const binY = sameRatio(placed.map(({ data, on }) => (on.y1 - on.y0) / (data.y1 - data.y0)));
  if (binX === undefined || binY === undefined) return { reason: 'DETSEC and DATASEC are of different sizes' };
  const left = Math.min(...placed.map(({ on }) => on.x0));
  const low = Math.min(...placed.map(({ on }) => on.y0));
  const amplifiers = placed.map(({ part, data, on }): Amplifier => {
    const [x0, y0] = [(on.x0 - left) / binX, (on.y0 - low) / binY];
    return {
      ...part,
      data,
      overscan: asSection(String(part.header.value('BIASSEC') ?? '')),
      on: { x0, y0, x1: x0 + data.x1 - data.x0, y1: y0 + data.y1 - data.y0 },
      isTurnedX: isTurned(on.isTurnedX, data.isTurnedX, part.header.number('LTM1_1')),
      isTurnedY: isTurned(on.isTurnedY, data.isTurnedY, part.header.number('LTM2_2')),
    };
  });
  const width = Math.max(...amplifiers.map(({ on }) => on.x1));
  const height = Math.max(...amplifiers.map(({ on }) => on.y1));
  if (!fills(amplifiers, width, height)) return { reason: 'by DETSEC they overlap or leave gaps' };
  return { width, height, amplifiers };
}

interface OrientedSection extends Section {
  readonly isTurnedX: boolean;
  readonly isTurnedY: boolean;
}

function orientedSection(value: unknown): OrientedSection | undefined {
  const section = typeof value === 'string' ? asSection(value) : undefined;
  if (!section) return undefined;
  const [a, b, c, d] = (value as string).match(/\d+/g)!.map(Number) as [number, number, number, number];
  return { ...section, isTurnedX: a > b, isTurnedY: c > d };
}

function isTurned(onDetector: boolean, inImage: boolean, ltm: number | undefined): boolean {
  if (onDetector || inImage) return onDetector !== inImage;
  return ltm !== undefined && ltm < 0;
}

function sameRatio(ratios: readonly number[]): number | undefined {
  const [first] = ratios;
  const isBinning = Number.isInteger(first) && first! >= 1 && first! <= largestBinning;
  return isBinning && ratios.every((ratio) => ratio === first) ? first : undefined;
}

/** Whether the amplifiers cover the rectangle, each pixel once. */
function fills(amplifiers: readonly Amplifier[], width: number, height: number): boolean {
  const area = amplifiers.reduce((sum, { on }) => sum + (on.x1 - on.x0) * (on.y1 - on.y0), 0);
  const isApart = amplifiers.every((a, i) =>
    amplifiers.every(
      (b, k) => k <= i || a.on.x1 <= b.on.x0 || b.on.x1 <= a.on.x0 || a.on.y1 <= b.on.y0 || b.on.y1 <= a.on.y0,
    ),
  );
  const isWhole = amplifiers.every(({ on }) => Number.isInteger(on.x0) && Number.isInteger(on.y0));
  return isApart && isWhole && area === width * height;
}

const sectionCards = /^(DETSEC|DATASEC|CCDSEC|BIASSEC|TRIMSEC|AMPSEC|DETSIZE|LT[MV]\d.*|AT[MV]\d.*|DT[MV]\d.*)$/;
/** Distortions, and forms of the matrix that are not turned here: the solver finds them. */
const distortionCards = /^((A|B|AP|BP)_(ORDER|DMAX|\d+_\d+)|PV\d+_\d+|CROTA\d|WAT\d_\d+)$/;

/**
 * The header of the whole image: the first amplifier's, its world coordinates brought to the whole image, without what holds
 * for that amplifier alone.
 */
export function headerOfWhole({ amplifiers }: AmplifierLayout): Header {
  const { header, data, on, isTurnedX, isTurnedY } = amplifiers[0]!;
  const hasMatrix = ['CD1_1', 'CD1_2', 'CD2_1', 'CD2_2', 'PC1_1'].some((card) => header.number(card) !== undefined);
  const along = (isX: boolean) => ((isX ? isTurnedX : isTurnedY) ? -1 : 1);
  const moved = (keyword: string, value: number): number => {
    const axis = /^CRPIX([12])$/.exec(keyword)?.[1];
    if (axis !== undefined) {
      const [from, to, first] = axis === '1' ? [data.x0, data.x1, on.x0] : [data.y0, data.y1, on.y0];
      // From the centre of the first pixel, which FITS counts as 1.
      return along(axis === '1') > 0 ? value - from + first : to - value + 1 + first;
    }
    const column =
      /^(?:CD|PC)[12]_([12])$/.exec(keyword)?.[1] ?? (hasMatrix ? undefined : /^CDELT([12])$/.exec(keyword)?.[1]);
    return column === undefined ? value : value * along(column === '1');
  };
  return new Header(
    header.cards
      .filter(({ keyword }) => !sectionCards.test(keyword) && !distortionCards.test(keyword))
      .map((card) => (typeof card.value === 'number' ? { ...card, value: moved(card.keyword, card.value) } : card)),
  );
}
