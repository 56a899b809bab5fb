import { well } from '../health/health.ts';
import { HealthWatch } from '../health/health-watch.ts';
import { keepHouseDaily } from '../health/housekeeping.ts';
import { LoopLag } from '../health/loop-lag.ts';
import type { Part, Stage } from '../part.ts';
import type { BootContext } from './context.ts';

/** What looks after the daemon itself. */
export function upkeep(
  { config, store, clock, log, alarms, happenings }: BootContext,
  parts: () => readonly Part[],
  prepareNight: () => void,
): { readonly stage: Stage; readonly loop: LoopLag; readonly health: HealthWatch } {
  const housekeeping = keepHouseDaily({ ...{ store, site: config.site, clock, log }, prepareNight });
  const loop = new LoopLag(log);
  const health = new HealthWatch({ clock, log, alarms, tell: happenings.tell, parts });
  const stage = [
    {
      name: 'housekeeping',
      start: () => housekeeping.start(),
      stop: () => housekeeping.stop(),
      health: () => well,
    },
    { name: 'event loop', start: () => loop.start(), stop: () => loop.stop(), health: () => well },
    health,
  ];
  return { stage, loop, health };
}
