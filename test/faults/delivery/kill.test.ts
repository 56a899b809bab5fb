import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { Outbox } from '../../../agent/store/outbox.ts';
import { systemClock } from '../../../base/clock.ts';
import { Random } from '../../../base/random.ts';
import { heldParcels, hubFor } from '../../support/hub.ts';
import { databaseOnDisk, parcelOf, temporaryFolder } from '../../support/parcels.ts';

const kills = Number(process.env.BHTOM_EDGE_KILLS ?? 30);
const exposures = 10 * kills;

it(`loses and doubles nothing when the agent is killed ${kills} times at any instant`, async (t) => {
  const hub = await hubFor(t);
  const folder = temporaryFolder(t);
  const random = new Random(17);
  const start = (dieAfter: number) =>
    fork(join(import.meta.dirname, 'killed-agent.ts'), [folder, hub.url, String(exposures), String(dieAfter)]);

  let killed = 0;
  for (let i = 0; i < kills; i++) {
    // Every third dies at the worst moment: the hub has the parcel, the agent has not written it down.
    const dieAfter = i % 3 === 0 ? 1 + random.below(4) : 0;
    const agent = start(dieAfter);
    const ended = once(agent, 'exit');
    await Promise.race([once(agent, 'message'), ended]);
    const timer = setTimeout(() => agent.kill('SIGKILL'), dieAfter > 0 ? 5000 : random.uniform() * 150);
    const [, signal] = await ended;
    clearTimeout(timer);
    if (signal === 'SIGKILL') killed++;
  }
  const [code] = await once(start(0), 'exit');

  assert.equal(code, 0, 'the last one, left alone, comes to its end');
  assert.ok(killed > 0.9 * kills, `only ${killed} of ${kills} were killed: the work was done before`);
  const sent = new Map<string, string>();
  for (let i = 0; i < exposures; i++) {
    for (const options of [{}, { target: 'star' }]) {
      const { key, checksum } = await parcelOf(`exposure ${i}`, options);
      sent.set(key, checksum);
    }
  }
  const held = await heldParcels(hub);
  assert.equal(held.length, sent.size, 'none is lost, none is doubled');
  assert.deepEqual(new Map(held.map(({ key, checksum }) => [key, checksum])), sent);
  const database = databaseOnDisk(folder);
  t.after(() => database.close());
  assert.deepEqual(new Outbox(database, systemClock).counts(), [
    { destination: 'centre', state: 'done', count: sent.size },
  ]);
});
