import type { ObservingConfig } from '../../config/schema.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import type { TargetSky } from '../../sky/site-sky.ts';
import { horizonAt } from './horizon.ts';
import { moonlightDistanceDeg } from './moonlight.ts';

/** What the owner allows and the instrument has. */
export type Limits = Omit<ObservingConfig, 'reductionWaitS'> & {
  /** Filters in the wheel; empty for a camera without. */
  readonly filters: readonly string[];
};

/** What a request allows of the sky. */
export type Allowed = Pick<ObservingRequest['constraints'], 'maxAirmass' | 'minLunarDistanceDeg'>;

/** One thing that the sky must grant at a moment. */
export interface SkyConstraint {
  readonly name: 'Sun' | 'altitude' | 'horizon' | 'airmass' | 'Moon';
  isMet(target: TargetSky, allowed: Allowed, limits: Limits): boolean;
  /** Why it is not met, in plain words. */
  words(target: TargetSky, allowed: Allowed, limits: Limits): string;
}

/** All of them, the Sun first: by day nothing else needs to be computed. */
const skyConstraints: readonly SkyConstraint[] = [
  {
    name: 'Sun',
    isMet: ({ sky }, _, { maxSunAltitudeDeg }) => sky.sunAltitudeDeg <= maxSunAltitudeDeg,
    words: ({ sky }, _, { maxSunAltitudeDeg }) =>
      `the Sun stands at ${sky.sunAltitudeDeg.toFixed(1)} deg; this site observes below ${maxSunAltitudeDeg} deg`,
  },
  {
    name: 'altitude',
    isMet: (target, _, { minAltitudeDeg }) => target.altitudeDeg >= minAltitudeDeg,
    words: (target, _, { minAltitudeDeg }) =>
      `the target stands at ${target.altitudeDeg.toFixed(1)} deg; this site observes above ${minAltitudeDeg} deg`,
  },
  {
    name: 'horizon',
    isMet: (target, _, { horizon }) =>
      horizon.length === 0 || target.altitudeDeg >= horizonAt(horizon, target.azimuthDeg),
    words: (target, _, { horizon }) => {
      const edgeDeg = horizonAt(horizon, target.azimuthDeg);
      const place = `${target.altitudeDeg.toFixed(1)} deg at azimuth ${target.azimuthDeg.toFixed(0)} deg`;
      return `the target stands at ${place}, behind the horizon of this site, which reaches up to ${edgeDeg.toFixed(1)} deg there`;
    },
  },
  {
    name: 'airmass',
    isMet: (target, { maxAirmass }) => target.airmass <= maxAirmass,
    words: (target, { maxAirmass }) => `the airmass is ${target.airmass.toFixed(2)}; the request allows ${maxAirmass}`,
  },
  {
    name: 'Moon',
    isMet: (target, allowed, limits) =>
      target.sky.moonAltitudeDeg <= 0 || target.moonDistanceDeg >= moonLimitDeg(target, allowed, limits),
    words: (target, allowed, limits) => {
      const limitDeg = moonLimitDeg(target, allowed, limits);
      const lit = Math.round(100 * target.sky.moonLitFraction);
      return `the Moon (${lit} % lit) is ${target.moonDistanceDeg.toFixed(0)} deg away; at least ${limitDeg.toFixed(0)} deg are asked for`;
    },
  },
];

function moonLimitDeg({ sky }: TargetSky, { minLunarDistanceDeg }: Allowed, limits: Limits): number {
  const forItsLightDeg = moonlightDistanceDeg(limits.fullMoonDistanceDeg, sky);
  return Math.max(limits.minMoonDistanceDeg, minLunarDistanceDeg, forItsLightDeg);
}

/** The first constraint that the sky does not meet at a moment; undefined when the target can be observed. */
export function unmetConstraint(target: TargetSky, allowed: Allowed, limits: Limits): SkyConstraint | undefined {
  return skyConstraints.find((constraint) => !constraint.isMet(target, allowed, limits));
}

/** Sidereal degrees a minute. */
const degPerMin = 360.985_647 / 1440;

/** Why a visit from `start` to `end` comes too near to the meridian; undefined when it does not. */
export function meridianObstacle(start: TargetSky, end: TargetSky, { meridianMarginMin }: Limits): string | undefined {
  if (meridianMarginMin === undefined) return undefined;
  const marginDeg = meridianMarginMin * degPerMin;
  const isEastOfIt =
    start.hourAngleDeg < -marginDeg && end.hourAngleDeg < -marginDeg && end.hourAngleDeg > start.hourAngleDeg;
  const isWestOfIt = start.hourAngleDeg > marginDeg && (end.hourAngleDeg > start.hourAngleDeg || end.hourAngleDeg < 0);
  if (isEastOfIt || isWestOfIt) return undefined;
  return `it would cross the meridian, or come nearer to it than the ${meridianMarginMin} min that this site keeps`;
}
