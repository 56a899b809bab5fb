import { localFrame, positionOf, type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import type { StarCatalogue } from '../astrometry/catalogue.ts';
import type { FieldHint } from '../astrometry/problem.ts';
import { orientation, pixelToSky, type Wcs } from '../astrometry/wcs.ts';
import type { FrameFacts } from '../header/facts.ts';

/** Where a frame may look, and who says so: `the header's WCS`, `RA and DEC`, ... */
export interface PlaceHint extends FieldHint {
  readonly from: string;
}

/** What the plate scale may be, and who says so. */
export interface ScaleHint {
  readonly arcsecPerPx: number;
  readonly from: string;
}

/** What a header's solution and its other cards say; `given` (command line, configuration) goes before all of it. */
interface HintSources<Given> {
  readonly facts: FrameFacts;
  readonly wcs: Wcs | undefined;
  readonly given: Given | undefined;
}

/** How far from the header's position the field is searched. */
const hintRadiusDeg = 2;
/** Scales that differ by less than this factor are tried as one. */
const sameScale = 1.15;
const givenFrom = 'the command line or configuration';

/** Every place that is told, the likeliest first, each once. */
export function placeHints(
  { facts, wcs, given }: HintSources<FieldHint>,
  image: { readonly width: number; readonly height: number },
): PlaceHint[] {
  const hints: PlaceHint[] = [];
  const add = (position: SkyPosition, radiusDeg: number, from: string): void => {
    if (hints.every((other) => separationDeg(other, position) > other.radiusDeg / 2)) {
      hints.push({ raDeg: position.raDeg, decDeg: position.decDeg, radiusDeg, from });
    }
  };
  if (given) add(given, given.radiusDeg, givenFrom);
  if (wcs) add(pixelToSky(wcs, (image.width - 1) / 2, (image.height - 1) / 2), hintRadiusDeg, "the header's WCS");
  const { raDeg, decDeg } = facts;
  if (raDeg && decDeg) {
    add({ raDeg: raDeg.value, decDeg: decDeg.value }, hintRadiusDeg, `${raDeg.card} and ${decDeg.card}`);
  }
  for (const position of facts.otherPositions) add(position, hintRadiusDeg, position.cards);
  return hints;
}

/** Every plate scale that is told, the likeliest first, each once. */
export function scaleHints({ facts, wcs, given }: HintSources<number>): ScaleHint[] {
  const hints: ScaleHint[] = [];
  const add = (arcsecPerPx: number, from: string): void => {
    const isNew = ({ arcsecPerPx: other }: ScaleHint) => Math.abs(Math.log(arcsecPerPx / other)) > Math.log(sameScale);
    if (arcsecPerPx > 0 && Number.isFinite(arcsecPerPx) && hints.every(isNew)) hints.push({ arcsecPerPx, from });
  };
  if (given !== undefined) add(given, givenFrom);
  if (wcs) add(orientation(wcs).scaleArcsecPerPx, "the header's WCS");
  const { scaleArcsecPerPx, pixelSizeUm, focalLengthMm } = facts;
  if (scaleArcsecPerPx) add(scaleArcsecPerPx.value, scaleArcsecPerPx.card);
  if (pixelSizeUm && focalLengthMm) {
    const arcsecPerPx = (pixelSizeUm.value / focalLengthMm.value) * 206.264806;
    add(arcsecPerPx, `${pixelSizeUm.card} and ${focalLengthMm.card}`);
  }
  return hints;
}

/** A catalogue within this radius tells by itself where a frame may look, degrees. */
const compactDeg = 10;

/** The middle and radius of a catalogue of one field; undefined where it holds more of the sky than can be searched. */
export function catalogueExtent({ raDeg, decDeg }: StarCatalogue): PlaceHint | undefined {
  const sum: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < raDeg.length; k++) {
    const { up } = localFrame({ raDeg: raDeg[k]!, decDeg: decDeg[k]! });
    if (up.some(Number.isNaN)) continue;
    for (let axis = 0; axis < 3; axis++) sum[axis]! += up[axis]!;
  }
  if (Math.hypot(...sum) === 0) return undefined;
  const middle = positionOf(...sum);
  let radiusDeg = 0;
  for (let k = 0; k < raDeg.length; k++) {
    const away = separationDeg(middle, { raDeg: raDeg[k]!, decDeg: decDeg[k]! });
    if (away > radiusDeg) radiusDeg = away;
    if (radiusDeg > compactDeg) return undefined;
  }
  return { ...middle, radiusDeg, from: 'the catalogue' };
}
