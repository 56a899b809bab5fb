import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Outbox } from '../../../agent/store/outbox.ts';
import { systemClock } from '../../../base/clock.ts';
import { databaseOnDisk, parcelOf, storeReduced, temporaryFolder } from '../../support/parcels.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');

/** A site with a parcel that was refused, one that waits and one that has arrived. */
async function site(t: TestContext) {
  const folder = temporaryFolder(t);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 20 }\ndataDir: ${folder}\ninstruments: [{ folders: [${folder}/frames] }]\n`,
  );
  const database = databaseOnDisk(folder);
  const outbox = new Outbox(database, systemClock);
  const parcels = [await parcelOf('refused', { target: 'star' }), await parcelOf('arrived'), await parcelOf('waiting')];
  for (const parcel of parcels) storeReduced(database, [parcel], () => outbox.enqueue([parcel]));
  const [refused] = outbox.claim('centre', 1);
  outbox.settle(refused!.id, { state: 'rejected', reason: 'no such target \u001b[31m' });
  outbox.settle(2, { state: 'done', receipt: { words: 'thank you' } });
  database.close();
  return (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'queue', ...words, '--config', config], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
}

describe('bhtom-edge queue', () => {
  it('lists what has not come to its end, with the reason, and nothing that moves the terminal', async (t) => {
    const queue = await site(t);
    const { status, stdout } = queue('list');
    assert.equal(status, 0);
    assert.match(stdout, /centre: 1 rejected/);
    assert.match(stdout, /^1 rejected -> centre: star of [0-9a-f]{12}, failed 1 times: no such target/m);
    assert.match(stdout, /^3 queued -> centre: whole frame/m);
    assert.doesNotMatch(stdout, /^2 /m);
    assert.ok(!stdout.includes('\u001b'));
    const done = queue('list', '--state', 'done', '--json').stdout.trim();
    assert.equal((JSON.parse(done) as { receipt: string }).receipt, 'thank you');
  });

  it('shows one parcel with what is in it', async (t) => {
    const queue = await site(t);
    assert.match(queue('show', '1').stdout, /last fault: no such target[\s\S]*content: refused\.fits; targets star/);
    assert.match(queue('show', '2').stdout, /the centre said: thank you[\s\S]*content: given up/);
    assert.equal(queue('show', '99').status, 2);
  });

  it('sends again what was refused, and puts aside what waits', async (t) => {
    const queue = await site(t);
    assert.match(queue('retry', '--rejected').stdout, /parcel 1 will be sent again/);
    assert.equal(queue('retry', '1').status, 1);
    assert.match(queue('park', '3').stdout, /parcel 3 is put aside/);
    assert.match(queue('list').stdout, /^1 queued[\s\S]*|^3 parked/m);
    assert.equal(queue('retry').status, 2);
    assert.equal(queue('retry', 'x').status, 2);
  });
});
