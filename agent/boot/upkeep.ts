import { well } from '../health/health.ts';
import { keepHouseDaily } from '../health/housekeeping.ts';
import { LoopLag } from '../health/loop-lag.ts';
import type { BootContext } from './context.ts';
import type { Stage } from './part.ts';

/** What looks after the daemon itself. */
export function upkeep({ config, store, clock, log }: BootContext, prepareNight: () => void): Stage {
  const housekeeping = keepHouseDaily({ ...{ store, site: config.site, clock, log }, prepareNight });
  const loop = new LoopLag(log);
  return [
    {
      name: 'housekeeping',
      start: () => housekeeping.start(),
      stop: () => housekeeping.stop(),
      health: () => well,
    },
    { name: 'event loop', start: () => loop.start(), stop: () => loop.stop(), health: () => well },
  ];
}
