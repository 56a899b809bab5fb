import { RetryLater } from '../../base/errors.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import type { BootContext } from './context.ts';
import { type LoadDevices, RoboticUnit } from './robotic-unit.ts';
import { SiteUnit } from './site-unit.ts';

/** The telescopes of the site that observe by themselves. */
export interface Robotic {
  readonly units: readonly RoboticUnit[];
  /** What they stand under; absent at a site without robotic telescopes. */
  readonly site: SiteUnit | undefined;
  /** Accepted when one of the instruments could do it; else declined with the reason of each. */
  checkFeasible(request: ObservingRequest): Promise<{ ok: true } | { ok: false; reason: string }>;
  /** Requests were accepted or given up: look at the store. */
  wake(): void;
  /** A frame came to the end of its way. */
  frameEnded(): void;
}

export function robotic(
  context: BootContext,
  on: {
    loadDevices: LoadDevices;
    onRequests: () => void;
    onReady: () => void;
    /** How wrong the computer's clock is by a hub's word. */
    clockDifferenceMs: () => number | undefined;
  },
): Robotic {
  const site = new SiteUnit(context, () => on.loadDevices('site'), on.clockDifferenceMs);
  const units = context.config.instruments
    .filter(({ drivers }) => drivers !== undefined)
    .map((instrument) => new RoboticUnit(context, instrument, site, on));
  return {
    units,
    site: units.length > 0 ? site : undefined,
    async checkFeasible(request) {
      const reasons: string[] = [];
      for (const { observatory } of units) {
        const feasible = await observatory?.checkFeasible(request);
        if (feasible?.ok) return feasible;
        if (feasible) reasons.push(feasible.reason);
      }
      const away = units.filter(({ observatory }) => !observatory).map(({ name }) => name);
      if (away.length > 0) {
        throw new RetryLater(
          'TELESCOPE_AWAY',
          `The request waits for its answer: ${away.join(', ')} is not there yet.`,
        );
      }
      return { ok: false, reason: reasons.join('; ') || 'this site has no robotic instrument' };
    },
    wake() {
      for (const { observatory } of units) observatory?.wake();
    },
    frameEnded() {
      for (const { observatory } of units) observatory?.frameEnded();
    },
  };
}
