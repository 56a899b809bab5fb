import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Config } from '../../config/schema.ts';
import type { Happenings } from '../happenings.ts';
import type { Alarms } from '../health/alarms.ts';
import type { Logger } from '../health/log.ts';
import type { Store } from '../store/open.ts';

/** What every theme of the boot is made of. */
export interface BootContext {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly happenings: Happenings;
  readonly alarms: Alarms;
  /** Name and version of this program, as it goes into products and greetings. */
  readonly software: string;
  readonly version: string;
}
