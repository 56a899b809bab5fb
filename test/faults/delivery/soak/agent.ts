import { httpClient } from '../../../../agent/centres/http.ts';
import { openCentres } from '../../../../agent/centres/registry.ts';
import { Delivery } from '../../../../agent/delivery/delivery.ts';
import { Outbox } from '../../../../agent/store/outbox.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { databaseOnDisk, silent, storeReduced } from '../../../support/parcels.ts';
import { SoakClock } from './clock.ts';
import { type SoakKindName, soakKinds } from './kinds.ts';

/** Named points at which the agent kills itself; at `random` and `checkpoint` somebody else does. */
export type KillPoint =
  | 'random'
  | 'checkpoint'
  | 'stopped'
  | 'claimed'
  | 'bytes left'
  | 'answered'
  | 'settled'
  | 'none';

export interface SoakTask {
  readonly folder: string;
  readonly kind: SoakKindName;
  readonly url: string;
  /** Frames that are measured in all. */
  readonly frames: number;
  readonly point: KillPoint;
  /** The how manieth time that it comes to the point. */
  readonly after: number;
  readonly startMs: number;
  readonly shiftMs: number;
  readonly seed: number;
}

/**
 * The part of an agent that delivers, to be killed: the real database, outbox, delivery and adapter, with a producer of
 * parcels that goes on where the last one was killed. Ends by itself with code 0 when all has come to its end.
 */
const task = JSON.parse(process.argv[2]!) as SoakTask;
const kind = soakKinds[task.kind];
const clock = new SoakClock(task.startMs, kind.times, task.shiftMs);
let left = task.after;
function die(point: KillPoint): void {
  if (point === task.point && --left <= 0) process.kill(process.pid, 'SIGKILL');
}

const database = databaseOnDisk(task.folder);
const outbox = new Outbox(database, clock);
const claim = outbox.claim.bind(outbox);
outbox.claim = (...words) => {
  const claimed = claim(...words);
  if (claimed.length > 0) die('claimed');
  return claimed;
};
const settle = outbox.settle.bind(outbox);
outbox.settle = (...words) => {
  settle(...words);
  die('settled');
};
const [centre] = await openCentres([kind.config(task.url, task.folder)], {
  ...{ site: 'here', software: 'soak', clock, random: new Random(task.seed), log: silent },
  instruments: [{ id: 'main', oname: 'HILL_CAM', robotic: false, filters: [] }],
  http: httpClient('soak', systemClock, { silenceMs: 1000, wholeMs: 2000, largestBytes: 1e7 }),
});
const adapter = centre!.delivery!;
const delivery = new Delivery({
  outbox,
  adapter: {
    ...adapter,
    async deliver(parcel, signal) {
      const call = adapter.deliver(parcel, signal);
      if (task.point === 'bytes left') setTimeout(() => die('bytes left'), 2);
      const outcome = await call;
      die('answered');
      return outcome;
    },
  },
  ...{ clock, random: new Random(task.seed), log: silent },
  backoff: { firstMs: 5 * kind.times, capMs: 50 * kind.times },
});
delivery.start((error) => {
  throw error;
});
if (task.point === 'checkpoint') setInterval(() => database.pragma('wal_checkpoint(TRUNCATE)'), 2).unref();
process.send?.('ready');

const begun = database.prepare<[], number>('SELECT count(*) FROM reductions').pluck().get() ?? 0;
for (let number = begun; number < task.frames; number++) {
  const parcels = (await kind.parcels(number)).slice();
  storeReduced(database, parcels, () => outbox.enqueue(parcels));
  delivery.wake();
  await systemClock.sleep(0);
}
const ended = new Set(['done', 'accepted']);
while (outbox.counts().some(({ state }) => !ended.has(state))) await systemClock.sleep(20);
await delivery.stop();
database.close();
process.disconnect?.();
