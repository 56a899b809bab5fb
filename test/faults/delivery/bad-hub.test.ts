import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { it, type TestContext } from 'node:test';
import { hubDelivery } from '../../../agent/centres/hub/delivery.ts';
import { Delivery } from '../../../agent/delivery/delivery.ts';
import { Outbox } from '../../../agent/store/outbox.ts';
import { systemClock } from '../../../base/clock.ts';
import { Random } from '../../../base/random.ts';
import type { Hub } from '../../../hub/hub.ts';
import { serverFor } from '../../support/http.ts';
import { heldParcels, hubFor, tokenOf, until } from '../../support/hub.ts';
import { databaseInMemory, parcelOf, silent, storeReduced } from '../../support/parcels.ts';
import { wireTo } from '../../support/proxy.ts';

type Fault = 'none' | 'lost' | 'failed' | 'busy' | 'garbage' | 'answer lost' | 'answer cut short';
const faults: Fault[] = [
  'none',
  'none',
  'none',
  'lost',
  'failed',
  'busy',
  'garbage',
  'answer lost',
  'answer cut short',
];

function outboxTo(t: TestContext, url: string) {
  let delivery: Delivery | undefined;
  t.after(() => delivery?.stop()); // before the database is closed: hooks run in this order
  const database = databaseInMemory(t);
  const outbox = new Outbox(database, systemClock);
  const timeouts = { silenceMs: 300, wholeMs: 2000 };
  delivery = new Delivery({
    outbox,
    adapter: hubDelivery({ destination: 'centre', url, token: () => tokenOf.here, clock: systemClock, timeouts }),
    clock: systemClock,
    random: new Random(3),
    log: silent,
    backoff: { firstMs: 2, capMs: 10 },
  });
  delivery.start((error) => assert.fail(String(error)));
  return {
    delivery,
    async put(name: string) {
      const parcel = await parcelOf(name);
      storeReduced(database, [parcel], () => outbox.enqueue([parcel]));
      delivery.wake();
      return parcel;
    },
    allAcknowledged: () => outbox.counts().every(({ state }) => state === 'done'),
  };
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Hands a call on to the hub, with a fault of the given kind on the way. */
async function pass(hub: Hub, fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const sent = await body(request);
  if (fault === 'lost') return void request.socket.destroy();
  if (fault === 'failed') return void response.writeHead(500).end('no');
  if (fault === 'busy') return void response.writeHead(429, { 'retry-after': '0' }).end();
  if (fault === 'garbage') return void response.end('<html>the hotel welcomes you</html>');
  const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
  const answer = await fetch(`${hub.url}${request.url}`, { method: 'PUT', headers, body: sent });
  const text = await answer.text();
  if (fault === 'answer lost') return void request.socket.destroy();
  response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': text.length });
  if (fault === 'answer cut short') return void response.write(text.slice(0, 20), () => request.socket.destroy());
  response.end(text);
}

it('stores every parcel once through a hub that fails in every way, before and after storing', async (t) => {
  const hub = await hubFor(t);
  const random = new Random(11);
  const met = new Map<Fault, number>();
  const url = await serverFor(t, (request, response) => {
    const fault = faults[random.below(faults.length)]!;
    met.set(fault, (met.get(fault) ?? 0) + 1);
    pass(hub, fault, request, response).catch(() => response.destroy());
  });
  const { put, allAcknowledged } = outboxTo(t, url);
  const sent = new Map<string, string>();
  for (let i = 0; i < 60; i++) {
    const { key, checksum } = await put(`exposure ${i}`);
    sent.set(key, checksum);
  }
  await until(allAcknowledged, 'everything is acknowledged');
  assert.deepEqual(new Map((await heldParcels(hub)).map(({ key, checksum }) => [key, checksum])), sent);
  assert.equal((await heldParcels(hub)).length, sent.size);
  for (const fault of faults) assert.ok((met.get(fault) ?? 0) > 3, `"${fault}" came ${met.get(fault)} times only`);
});

it('loses nothing and doubles nothing over a wire that is cut, or goes dead in the middle', async (t) => {
  const hub = await hubFor(t);
  const wire = await wireTo(t, hub.url);
  const { put, allAcknowledged } = outboxTo(t, wire.url);
  const random = new Random(5);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const keys = new Set<string>();
  for (let i = 0; i < 60; i++) {
    keys.add((await put(`exposure ${i}`)).key);
    if (i % 3 === 0) wire.cut();
    if (i % 20 === 10) wire.open = false;
    if (i % 20 === 19) wire.open = true;
    await pause(random.uniform() * 20);
  }
  wire.open = true;
  await until(allAcknowledged, 'everything is acknowledged');
  const held = (await heldParcels(hub)).map(({ key }) => key);
  assert.equal(held.length, keys.size);
  assert.deepEqual(new Set(held), keys);
});
