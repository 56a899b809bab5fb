import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { bhtom2Delivery } from '../../../agent/centres/bhtom2/delivery.ts';
import { httpClient } from '../../../agent/centres/http.ts';
import { Delivery } from '../../../agent/delivery/delivery.ts';
import { packProduct, parcelFor } from '../../../agent/delivery/pack.ts';
import { Outbox } from '../../../agent/store/outbox.ts';
import { ManualClock } from '../../../base/clock.ts';
import { Random } from '../../../base/random.ts';
import { bhtomFor, frameOf } from '../../support/bhtom-delivery.ts';
import type { FakeBhtom2, UploadFault } from '../../support/fake-bhtom2.ts';
import { databaseInMemory, sha256, silent, storeReduced } from '../../support/parcels.ts';

const minuteMs = 60_000;
const kinds: UploadFault[] = [
  'cut before',
  'cut after',
  'failed before',
  'failed after',
  'page of a proxy',
  'disabled',
  'busy',
];

/** A server that can be killed and comes back at the same port with all that it had stored. */
class MortalServer {
  readonly #fake: FakeBhtom2;
  #server: Server | undefined;
  #port = 0;

  constructor(fake: FakeBhtom2) {
    this.#fake = fake;
  }

  async start(): Promise<string> {
    const server = createServer(this.#fake.listener);
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return `http://127.0.0.1:${this.#port}`;
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function setUp(t: TestContext) {
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const fake = bhtomFor(clock);
  const server = new MortalServer(fake);
  const url = await server.start();
  const database = databaseInMemory(t);
  const outbox = new Outbox(database, clock);
  const account = { destination: 'bhtom', url, token: async () => fake.token, renew: () => false };
  const adapter = bhtom2Delivery({
    ...{ account, server: { uploadUrl: url, timeouts: { silenceMs: 2000, wholeMs: 5000 } }, everyS: 0, clock },
    uploads: { type: 'photometry', dryRun: false, observers: [], matchRadiusArcsec: undefined, plots: false },
    http: httpClient('test', clock, { silenceMs: 2000, wholeMs: 5000, largestBytes: 1e6 }),
    onameOf: () => 'HILL_CAM',
  });
  const start = () => {
    const delivery = new Delivery({ outbox, adapter, clock, random: new Random(3), log: silent });
    delivery.start((error) => assert.fail(String(error)));
    return delivery;
  };
  let delivery = start();
  t.after(() => server.kill());
  t.after(() => delivery.stop());
  const has = (state: string) => outbox.counts().find((row) => row.state === state)?.count ?? 0;
  return {
    ...{ fake, server, outbox, clock, has },
    wake: () => delivery.wake(),
    async restart() {
      await delivery.stop();
      delivery = start();
    },
    async put(name: string) {
      const product = await packProduct(sha256(`${name} r1`), frameOf(name));
      const parcel = parcelFor('bhtom', product, 'HAT-P-32');
      storeReduced(database, [parcel], () => outbox.enqueue([parcel]));
      delivery.wake();
    },
    /** Lets time pass, waiting each time for what is on the wire. */
    async pass(ms: number, stepMs = 5 * minuteMs) {
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(stepMs, left));
        for (let i = 0; i < 200 && (i < 3 || delivery.status().inFlight > 0); i++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    },
  };
}

it('ends with every upload at BHTOM once, calibrated and fetched back, through every ambiguous answer and a killed server', async (t) => {
  const { fake, server, put, pass, has, outbox, restart } = await setUp(t);
  const random = new Random(17);
  const count = 40;
  for (let i = 0; i < 3 * count; i++) fake.faults.push(i % 3 === 0 ? 'none' : kinds[random.below(kinds.length)]!);
  const met = [...new Set(fake.faults.slice(0, count))];
  assert.equal(met.length, kinds.length + 1, 'every fault comes');
  for (let i = 0; i < count; i++) {
    await put(`exposure ${i}`);
    if (i % 10 === 4) await server.kill();
    if (i % 10 === 7) await server.start();
    if (i % 8 === 3) await restart();
    await pass(10 * minuteMs);
  }
  for (let hour = 0; hour < 200 && has('done') < count; hour++) await pass(60 * minuteMs, 15 * minuteMs);
  assert.equal(has('done'), count);
  assert.equal(fake.uploads.length, count, 'missing none');
  assert.deepEqual(fake.doubled(), []);
  const verdicts = outbox.list(['done'], 100).map(({ verdict }) => verdict ?? '');
  assert.ok(verdicts.every((verdict) => /^BHTOM: GaiaSP\/V, 17\.000 /.test(verdict)));
});

it('looks twice, an hour apart, before it sends again what did not arrive', async (t) => {
  const { fake, put, pass, clock } = await setUp(t);
  fake.faults.push('cut before');
  const lookTimes: number[] = [];
  const seen = fake.requests.length;
  await put('a');
  for (let i = 0; i < 30 && fake.uploads.length === 0; i++) {
    const before = fake.requests.filter((one) => one === 'POST /common/api/data/').length;
    await pass(5 * minuteMs);
    if (fake.requests.filter((one) => one === 'POST /common/api/data/').length > before) lookTimes.push(clock.nowMs());
  }
  assert.equal(fake.uploads.length, 1);
  assert.equal(lookTimes.length, 2, fake.requests.slice(seen).join('\n'));
  assert.ok(lookTimes[1]! - lookTimes[0]! >= 60 * minuteMs);
});
