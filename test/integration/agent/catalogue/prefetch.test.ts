import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pino } from 'pino';
import { threadPrefetcher } from '../../../../agent/catalogue/prefetch.ts';
import { PrefetchLoop } from '../../../../agent/catalogue/prefetch-loop.ts';
import type { StarService } from '../../../../agent/catalogue/services/cone.ts';
import { openStarTiles, readStarTiles } from '../../../../agent/store/star-tiles.ts';
import { ManualClock, systemClock } from '../../../../base/clock.ts';
import { RetryLater } from '../../../../base/errors.ts';
import { Random } from '../../../../base/random.ts';
import { gaiaRows, gaiaService } from '../../../support/gaia-service.ts';
import { serverFor } from '../../../support/http.ts';

const target = { raDeg: 10.2, decDeg: -40.5 };

it('the thread brings the stars around a position', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'prefetch-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const url = `${await serverFor(t, gaiaService(gaiaRows(10.2, -40.5, 2.6, 200)))}/tap`;
  const service = { id: 'local', kind: 'tap' as const, url, format: 'votable', tables: 'archive' as const };
  const catalogue = { radiusDeg: 0.01, depthMag: 17, services: [service] };
  let news = 0;
  const log = pino({ level: 'silent' });
  const prefetcher = threadPrefetcher({ dataDir, catalogue, software: 'test' }, log, () => news++);
  prefetcher.start();
  try {
    prefetcher.prefetchFor([target]);
    while (news === 0) await systemClock.sleep(50);
  } finally {
    await prefetcher.close();
  }
  assert.deepEqual(
    readSources(dataDir).map(({ id, origin, nTiles }) => [id, origin, nTiles]),
    [['gaia-dr3', 'local', 1]],
  );
});

function readSources(dataDir: string) {
  const tiles = readStarTiles(dataDir, systemClock);
  try {
    return tiles?.sources() ?? [];
  } finally {
    tiles?.close();
  }
}

it('a position whose services fail is not forgotten', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'prefetch-'));
  const clock = new ManualClock(0);
  const { tiles: store } = openStarTiles(dataDir, clock);
  t.after(() => {
    store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  let asked = 0;
  const service: StarService = {
    id: 'down',
    hasAllBands: true,
    async cone() {
      asked++;
      throw new RetryLater('SERVICE_BUSY', 'busy');
    },
  };
  const waits: string[] = [];
  const loop = new PrefetchLoop({
    ...{ store, services: [service], clock, random: new Random(1), radiusDeg: 0.01, depthMag: 17 },
    onTile: () => undefined,
    onNews: () => assert.fail('nothing came'),
    onFailure: () => undefined,
    onWait: ({ code }) => waits.push(code),
  });
  const life = new AbortController();
  const ended = loop.run(life.signal);
  loop.add([target]);
  for (let minute = 0; minute < 12 * 60; minute++) await clock.advance(60_000);
  life.abort(new Error('over'));
  await assert.rejects(ended, /over/);
  assert.ok(asked >= 4 && asked < 40, `asked ${asked} times in half a day`);
  assert.deepEqual(new Set(waits), new Set(['NO_SERVICE']));
});
