import { separationDeg } from '../../sky/sphere.ts';
import type { SolveInput } from '../astrometry/problem.ts';
import type { PlaceHint, ScaleHint } from './hints.ts';

/** One try at solving a field: the hints it goes by, and in words what it was that did not hold if it succeeds. */
export interface SolvingTry {
  readonly hint: PlaceHint;
  readonly scale: SolveInput['scale'];
  /** Attempts of the solver; all of them when absent. */
  readonly attempts?: number;
  /** Where the frame is looked for, as a phrase. */
  readonly place: string;
  /** The scale as a phrase. */
  readonly size: string;
  /** Whether the first place, or the first scale, was given up for this try. */
  readonly dropsPlace: boolean;
  readonly dropsScale: boolean;
}

/** How wrong a plate scale that is told may be. */
export const scaleTolerance = 0.2;
/** Scales of all instruments that frames come from, arcsec per pixel, and what one window of the search spans about its middle. */
const anyScale = { least: 0.15, most: 40 };
const windowTolerance = 0.23;
/** How far a field is searched when it is not where it should be, degrees. */
export const widerRadiusDeg = 8;
/** And any scale no farther than this: a wrong scale and a wrong place are two faults. */
const anyScaleRadiusDeg = 0.5;
/** Fallbacks go by the solver's likeliest way alone: most frames that come so far show no stars of the catalogue. */
const fallbackAttempts = 1;

/**
 * The order in which hints that fail are dropped: every scale that is told, then any scale, each at the places that are told;
 * then wider round the first of them; then, where the catalogue is one of a single field (`extent`) away from all of them, there.
 */
export function* solvingTries(
  places: readonly PlaceHint[],
  scales: readonly ScaleHint[],
  extent: PlaceHint | undefined,
): Generator<SolvingTry> {
  const sure = scales.map(
    ({ arcsecPerPx, from }): Scale => ({
      scale: { arcsecPerPx, toleranceFraction: scaleTolerance },
      size: `the scale of ${arcsecPerPx.toPrecision(3)}"/px (${from})`,
    }),
  );
  const unsure = scalesFrom(scales[0]?.arcsecPerPx);
  const wider = places.slice(0, 1).map((place) => ({ ...place, radiusDeg: Math.max(place.radiusDeg, widerRadiusDeg) }));
  const isAway = places.every((place) => separationDeg(place, extent ?? place) > place.radiusDeg / 2);
  const everywhere = extent && isAway ? [extent] : [];
  const near = places.map((place) => ({ ...place, radiusDeg: Math.min(place.radiusDeg, anyScaleRadiusDeg) }));
  let isFirst = true;
  for (const [hints, sizes] of [
    [places, sure],
    [near, unsure],
    [wider, sure],
    [everywhere, sure],
    [everywhere, unsure],
  ] as const) {
    for (const hint of hints) {
      for (const size of sizes) {
        yield {
          ...size,
          hint,
          place: `within ${Number(hint.radiusDeg.toPrecision(2))} deg of ${inWords(hint)}`,
          dropsPlace: places.length > 0 && (hint.from !== places[0]!.from || hint.radiusDeg > places[0]!.radiusDeg),
          dropsScale: sure.length > 0 && size !== sure[0],
          ...(!isFirst && { attempts: fallbackAttempts }),
        };
        isFirst = false;
      }
    }
  }
}

type Scale = Pick<SolvingTry, 'scale' | 'size'>;

const inWords = ({ raDeg, decDeg, from }: PlaceHint): string =>
  `RA ${raDeg.toFixed(3)}, Dec ${decDeg.toFixed(3)} (${from})`;

/** Windows over all scales, those near `likely` first. */
function scalesFrom(likely = 1.5): Scale[] {
  const step = (1 + windowTolerance) / (1 - windowTolerance);
  const scales: number[] = [];
  for (let scale = anyScale.least; scale * (1 - windowTolerance) < anyScale.most; scale *= step) scales.push(scale);
  const away = (scale: number): number => Math.abs(Math.log(scale / likely));
  return scales
    .sort((a, b) => away(a) - away(b))
    .map((arcsecPerPx) => ({ scale: { arcsecPerPx, toleranceFraction: windowTolerance }, size: 'any scale' }));
}
