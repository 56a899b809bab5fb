import type { Candidate } from '../../agent/planning/candidate.ts';
import type { Limits } from '../../agent/planning/constraints.ts';
import { type Plan, planSpan } from '../../agent/planning/plan.ts';
import { limits, place } from './robotic-site.ts';

/** A November night over the site of the tests (50 N, 19.8 E): dark from about 16:20 to 04:30 UTC, the Moon nearly full. */
export const darkNight = { startMs: Date.UTC(2026, 10, 22, 17), endMs: Date.UTC(2026, 10, 23, 4) };

/** A target near the zenith at 22 UTC, far from the Moon, with one exposure of ten minutes. */
export function candidate(name: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    ...{ kind: 'target', source: 'site', id: name, name, position: { raDeg: 31, decDeg: 46.8 } },
    ...{ urgency: 'NORMAL', priority: 0.5, exposures: [{ filter: 'V', exposureS: 530, exposureCount: 1 }] },
    ...{ windows: [], allowed: { maxAirmass: 3, minLunarDistanceDeg: 0 }, cadenceDays: null, lastObservedMs: null },
    ...{ obstacle: null, notes: [] },
    ...changes,
  };
}

/** The plan of that night for some candidates. */
export function planned(candidates: readonly Candidate[], changes: Partial<Limits> = {}, span = darkNight): Plan {
  return planSpan({ site: place, limits: { ...limits, ...changes }, candidates, span });
}
