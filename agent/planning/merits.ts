import type { TargetSky } from '../../sky/site-sky.ts';
import type { Candidate } from './candidate.ts';

/** What speaks for one candidate at one moment. */
export interface Situation {
  readonly candidate: Candidate;
  readonly target: TargetSky;
  /** The least airmass at which a visit could begin this night. */
  readonly bestAirmass: number;
  /** Until the last moment at which a visit could begin this night. */
  readonly hoursLeft: number;
  readonly lastObservedMs: number | null;
  /** From where the telescope points; 0 when that is not known. */
  readonly slewDeg: number;
}

/** One thing that speaks for a candidate: 1 when it speaks in full, near 0 when it hardly does. */
export interface Merit {
  readonly name: string;
  value(situation: Situation): number;
  /** In plain words; undefined when there is nothing to say. */
  words(situation: Situation): string | undefined;
}

const dayMs = 86_400_000;

/** Their product is the merit of a candidate. */
export const merits: readonly Merit[] = [
  {
    name: 'priority',
    value: ({ candidate }) => 0.1 + 0.9 * candidate.priority,
    words: ({ candidate }) => `priority ${Math.round(100 * candidate.priority)} of 100`,
  },
  {
    // Against its own best: a target that never rises high is not kept waiting for ever.
    name: 'height',
    value: ({ target, bestAirmass }) => Math.min(1, bestAirmass / target.airmass),
    words: ({ target, bestAirmass }) =>
      `airmass ${target.airmass.toFixed(2)} (at best ${Math.min(bestAirmass, target.airmass).toFixed(2)} tonight)`,
  },
  {
    // What sets, or whose window closes, goes before what can wait; half of the merit at most.
    name: 'time left',
    value: ({ hoursLeft }) => 0.5 + 0.5 / (1 + hoursLeft / 2),
    words: ({ hoursLeft }) => `${hoursLeft.toFixed(1)} h left to begin`,
  },
  {
    // One half when it is due, all at twice the cadence.
    name: 'cadence',
    value: (situation) => {
      const { cadenceDays } = situation.candidate;
      const sinceDays = daysSince(situation);
      if (sinceDays === null) return 1;
      return cadenceDays === null ? 0.75 : Math.min(1, Math.max(0.1, sinceDays / cadenceDays / 2));
    },
    words: (situation) => {
      const { cadenceDays, kind } = situation.candidate;
      const sinceDays = daysSince(situation);
      if (sinceDays === null) return kind === 'target' ? 'not observed before, as far as is known' : undefined;
      const since = `last observed ${sinceDays.toFixed(1)} days before`;
      return cadenceDays === null ? since : `${since}, wanted every ${cadenceDays} days`;
    },
  },
  {
    name: 'dark sky',
    value: ({ target }) => 1 - 0.5 * moonlight(target),
    words: ({ target }) =>
      moonlight(target) > 0.05 ? `the Moon ${target.moonDistanceDeg.toFixed(0)} deg away` : undefined,
  },
  {
    // Two targets as good as each other are taken in the order of the shorter way.
    name: 'short slew',
    value: ({ slewDeg }) => 1 / (1 + slewDeg / 180),
    words: () => undefined,
  },
];

/** Whether one more observation would come too early by the cadence: half a day early is the same night of the rhythm. */
export function dueAtMs({ cadenceDays }: Candidate, lastObservedMs: number | null): number {
  if (cadenceDays === null || lastObservedMs === null) return Number.NEGATIVE_INFINITY;
  const graceDays = cadenceDays >= 1 ? 0.5 : 0.1 * cadenceDays;
  return lastObservedMs + (cadenceDays - graceDays) * dayMs;
}

export function meritOf(situation: Situation): number {
  return merits.reduce((product, merit) => product * merit.value(situation), 1);
}

export function meritsInWords(situation: Situation): string {
  return merits.flatMap((merit) => merit.words(situation) ?? []).join(', ');
}

function daysSince({ target, lastObservedMs }: Situation): number | null {
  return lastObservedMs === null ? null : Math.max(0, target.sky.atMs - lastObservedMs) / dayMs;
}

/** 0 for a Moon that is new or down, towards 1 for a full one high up and beside the target. */
function moonlight({ sky, moonDistanceDeg }: TargetSky): number {
  if (sky.moonAltitudeDeg <= 0) return 0;
  return sky.moonLitFraction * Math.sin((sky.moonAltitudeDeg * Math.PI) / 180) * (1 - moonDistanceDeg / 180);
}
