import { hubDelivery } from '../../../agent/centres/hub/delivery.ts';
import { Delivery } from '../../../agent/delivery/delivery.ts';
import { Outbox } from '../../../agent/store/outbox.ts';
import { systemClock } from '../../../base/clock.ts';
import { Random } from '../../../base/random.ts';
import { tokenOf } from '../../support/hub.ts';
import { databaseOnDisk, parcelOf, silent, storeReduced } from '../../support/parcels.ts';

/**
 * An agent to be killed: enqueues the products of exposures 0, 1, ... up to a total, going on where the last one was
 * killed, and delivers them. `dieAfter` makes it kill itself when the hub has taken that many parcels, before it can
 * write that down. Arguments: folder, address of the hub, total, dieAfter.
 */
const [folder, url, total, dieAfter] = process.argv.slice(2);
const database = databaseOnDisk(folder!);
const outbox = new Outbox(database, systemClock);
const hub = hubDelivery({ destination: 'centre', url: url!, token: () => tokenOf.here, clock: systemClock });
let taken = 0;
const delivery = new Delivery({
  outbox,
  adapter: {
    ...hub,
    async deliver(parcel, signal) {
      const outcome = await hub.deliver(parcel, signal);
      taken++;
      if (taken === Number(dieAfter)) process.kill(process.pid, 'SIGKILL');
      return outcome;
    },
  },
  clock: systemClock,
  random: new Random(process.pid),
  log: silent,
  backoff: { firstMs: 5, capMs: 50 },
});
delivery.start((error) => {
  throw error;
});
process.send?.('ready');

const begun = database.prepare<[], number>('SELECT count(*) FROM reductions').pluck().get() ?? 0;
for (let i = begun; i < Number(total); i++) {
  const parcels = [await parcelOf(`exposure ${i}`), await parcelOf(`exposure ${i}`, { target: 'star' })];
  storeReduced(database, parcels, () => outbox.enqueue(parcels));
  delivery.wake();
}
while (outbox.counts().some(({ state }) => state !== 'done')) await systemClock.sleep(20);
await delivery.stop();
database.close();
