import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { BootContext } from '../../../../agent/boot/context.ts';
import { PagePart } from '../../../../agent/boot/page.ts';
import { openStore } from '../../../../agent/store/open.ts';
import { type Clock, systemClock } from '../../../../base/clock.ts';
import { parseConfig } from '../../../../config/load.ts';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/hub.ts';
import { listening } from '../../../support/listening.ts';
import { silent, temporaryFolder } from '../../../support/parcels.ts';

async function partFor(t: TestContext, page: string, clock: Clock = systemClock) {
  const folder = temporaryFolder(t);
  const config = parseConfig(
    `{ site: { name: hill, latitudeDeg: 50, longitudeDeg: 20, heightM: 300 }, dataDir: data, instruments: [{ folders: [c] }], page: { ${page} } }`,
    'test',
    folder,
  );
  const store = openStore(config.dataDir, systemClock, 'test');
  t.after(() => store.close());
  return new PagePart({ config, clock, log: silent, version: 'test' } as unknown as BootContext);
}

const fails = (error: unknown) => assert.fail(String(error));

describe('the page of the daemon', () => {
  it('answers from its start to its stop', async (t) => {
    const port = await freePort();
    const part = await partFor(t, `port: ${port}`);
    await part.start(fails);
    const url = `http://127.0.0.1:${port}/api/v1/frames`;
    assert.equal((await fetch(url)).status, 200);
    await part.stop();
    await assert.rejects(fetch(url));
  });

  it('says so when its port is taken, and takes another one when none was asked for', async (t) => {
    const port = await listening(t, createServer());
    const strict = await partFor(t, `port: ${port}`);
    await assert.rejects(async () => strict.start(fails), { code: 'PAGE_PORT', reaction: 'tell-operator' });
    const first = await partFor(t, '');
    await first.start(fails);
    const second = await partFor(t, '');
    await second.start(fails);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('is not waited for by the boot when it is slow, and comes all the same', async (t) => {
    // Its moment of patience is over at once.
    const part = await partFor(t, '', { ...systemClock, sleep: async () => undefined });
    await part.start(fails);
    assert.deepEqual([part.health().state, part.url], ['away', undefined]);
    await until(() => part.health().state === 'well', 'it is there');
    assert.equal((await fetch(`${part.url}api/v1/frames`)).status, 200);
    await part.stop();
  });

  it('ends nothing else when its thread fails, and comes back', async (t) => {
    const port = await freePort();
    const part = await partFor(t, `port: ${port}`);
    const started = once(process, 'worker') as Promise<[Worker]>;
    await part.start(fails);
    t.after(() => part.stop());
    const [thread] = await started;
    await thread.terminate();
    await until(() => part.health().state === 'away', 'it is away');
    await until(() => part.health().state === 'well', 'it is back');
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/v1/frames`)).status, 200);
  });
});
