import { measureForced } from '../photometry/forced.ts';
import type { Growth } from '../photometry/growth.ts';
import type { BlankSites } from '../photometry/limit.ts';
import type { PlaneMeasurement } from '../photometry/measurement.ts';
import type { Stage } from '../stage.ts';
import type { Fitted, Start, Tools } from './state.ts';

/** Forced measurements at the positions asked for, and the depth of the plane. */
export const forceTargets: Stage<
  Start & Fitted & { growth: Growth; blank: BlankSites },
  Pick<PlaneMeasurement, 'forced' | 'force' | 'limitFluxE'> & { errorFactor: number },
  Tools
> = {
  name: 'forced',
  run({ work, fit, growth, blank }, { options }) {
    if (fit === undefined) return { forced: [], force: () => [], limitFluxE: Number.NaN, errorFactor: 1 };
    const { errorFactor, limitFluxE } = blank;
    const force: PlaneMeasurement['force'] = (positions) =>
      measureForced(work, positions, blank).map((m) => ({
        ...m,
        flux: m.flux * growth.at(m.x, m.y),
        fluxErr: m.fluxErr * growth.at(m.x, m.y) * errorFactor,
      }));
    return { forced: force(options.positions ?? []), force, limitFluxE: limitFluxE * growth.mean, errorFactor };
  },
};
