import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fetchTiles, missingTiles } from '../../../../agent/catalogue/fetch-tiles.ts';
import type { Cone, StarService } from '../../../../agent/catalogue/services/cone.ts';
import { gaiaTap } from '../../../../agent/catalogue/services/gaia-tap.ts';
import { gaiaVizier } from '../../../../agent/catalogue/services/gaia-vizier.ts';
import { starsInField } from '../../../../agent/catalogue/stars-in-field.ts';
import { tilesAround } from '../../../../agent/catalogue/tiling.ts';
import { httpClient } from '../../../../agent/centres/http.ts';
import { openStarTiles } from '../../../../agent/store/star-tiles.ts';
import type { Clock } from '../../../../base/clock.ts';
import { systemClock } from '../../../../base/clock.ts';
import { RetryLater } from '../../../../base/errors.ts';
import { errorTable, gaiaRows, gaiaService, type ServiceBehaviour } from '../../../support/gaia-service.ts';
import { serverFor } from '../../../support/http.ts';

/** Real sockets, but no time is lost in pauses. */
const clock: Clock = { ...systemClock, sleep: async () => undefined };
const limits = { silenceMs: 300, wholeMs: 5000, largestBytes: 20e6 };
const http = httpClient('test', clock, limits);
const endless = new AbortController().signal;
const rows = gaiaRows(210.5, 54.5, 2.4, 500);
const cone: Cone = { raDeg: 210.5, decDeg: 54.5, radiusDeg: 0.5, depthMag: 17 };

async function tap(t: TestContext, behaviour: ServiceBehaviour = {}): Promise<StarService> {
  const url = `${await serverFor(t, gaiaService(rows, behaviour))}/tap`;
  return gaiaTap({ id: 'tap', url, format: 'votable', tables: 'archive' }, { http, clock });
}

const isCode = (code: string) => (error: unknown) => error instanceof RetryLater && error.code === code;

describe('the services of Gaia', () => {
  it('give the same stars by the archive, by VizieR over TAP and by VizieR', async (t) => {
    const url = await serverFor(t, gaiaService(rows));
    const services = [
      await tap(t),
      gaiaTap({ id: 'cds', url: `${url}/tap`, format: 'votable/td', tables: 'vizier' }, { http, clock }),
      gaiaVizier({ id: 'viz', url }, http),
    ];
    const [archive, ...others] = await Promise.all(services.map((one) => one.cone(cone, 5000, endless)));
    const { stars, depthMag } = archive!;
    assert.ok(stars.count > 100);
    assert.equal(depthMag, 17);
    assert.deepEqual([...stars.bands.keys()].sort(), 'B BP G I R RP U V g i r u z'.split(' ').sort());
    for (const other of others) {
      assert.deepEqual(other.stars.id, stars.id);
      for (const [name, { mag, doubtful }] of stars.bands) {
        assert.deepEqual(other.stars.bands.get(name)!.mag, mag, name);
        assert.deepEqual(other.stars.bands.get(name)!.doubtful, doubtful, name);
      }
      assert.deepEqual(other.stars.quality, stars.quality);
    }
    const row = rows.find(({ source_id }) => BigInt(source_id!) === stars.id[0])!;
    assert.equal(stars.bands.get('V')!.mag[0], Number(row.v_jkc_mag));
    assert.ok(Math.abs(stars.bands.get('V')!.magErr[0]! - 0.010857) < 1e-6);
    assert.ok(Math.abs(stars.bands.get('G')!.magErr[0]! - 0.00217) < 1e-5);
  });

  it('tell down to where a cut answer is whole', async (t) => {
    for (const service of [await tap(t, { cap: 40 }), await tap(t)]) {
      const { stars, depthMag } = await service.cone(cone, 60, endless);
      assert.ok(stars.count === 40 || stars.count === 61);
      assert.equal(depthMag, stars.bands.get('G')!.mag[stars.count - 1]);
      assert.ok(depthMag < 17);
    }
  });

  const faults: [string, string, NonNullable<ServiceBehaviour['spoil']>][] = [
    ['an error with HTTP 200', 'SERVICE_ERROR', () => ({ body: errorTable('Cannot parse query') })],
    ['a page with HTTP 200', 'SERVICE_NO_TABLE', () => ({ body: '<html><body>Down for maintenance</body></html>' })],
    ['an empty answer', 'SERVICE_NO_TABLE', () => ({ body: '' })],
    ['HTTP 500', 'SERVICE_ERROR', () => ({ status: 500, body: 'oops' })],
    ['HTTP 503', 'SERVICE_BUSY', () => ({ status: 503, body: '' })],
    ['a cut document', 'SERVICE_TRUNCATED', (body) => ({ body: body.slice(0, body.length / 2) })],
    ['a cut row', 'SERVICE_TRUNCATED', (body) => ({ body: body.replace(/<TD>[^<]*<\/TD><\/TR>/, '</TR>') })],
    ['a lost connection', 'SERVICE_UNREACHABLE', () => 'hang up'],
    ['binary rows', 'SERVICE_FORMAT', (body) => ({ body: body.replaceAll('TABLEDATA', 'BINARY2') })],
    ['no stars at all', 'SERVICE_LIES', (body) => ({ body: body.replace(/<TR>.*<\/TR>\n/g, '') })],
    ['a tenth of the stars', 'SERVICE_LIES', (body) => ({ body: thinned(body) })],
    [
      'an error half-way',
      'SERVICE_ERROR',
      (body) => ({
        body: body.replace('</RESOURCE>', '<INFO name="QUERY_STATUS" value="ERROR">disk</INFO></RESOURCE>'),
      }),
    ],
    [
      'stars from elsewhere',
      'SERVICE_LIES',
      (body) => ({ body: body.replace(/(<TR><TD>\d+<\/TD><TD>)[\d.]+/, '$110.5') }),
    ],
  ];
  for (const [what, code, spoil] of faults) {
    it(`are not believed: ${what}`, async (t) => {
      const service = await tap(t, { spoil });
      await assert.rejects(service.cone(cone, 5000, endless), isCode(code));
    });
  }

  it('run a query as a job when there is no time for it at once', async (t) => {
    const service = await tap(t, { spoil: () => ({ body: errorTable('Query timed out') }) });
    const { stars } = await service.cone(cone, 5000, endless);
    assert.ok(stars.count > 100);
  });

  it('that are slow cost no more than the time allowed', async (t) => {
    const url = `${await serverFor(t, () => undefined)}/tap`;
    const service = gaiaTap({ id: 'slow', url, format: 'votable', tables: 'archive' }, { http, clock });
    await assert.rejects(service.cone(cone, 10, endless), isCode('SERVICE_UNREACHABLE'));
  });
});

function thinned(body: string): string {
  let k = 0;
  return body.replace(/<TR>.*<\/TR>\n/g, (row) => (k++ % 20 === 0 ? row : ''));
}

describe('the tiles fetched from them', () => {
  function storeFor(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), 'star-tiles-'));
    const { tiles } = openStarTiles(folder, clock);
    t.after(() => {
      tiles.close();
      rmSync(folder, { recursive: true });
    });
    return tiles;
  }

  it('are whole, of the next service when one fails, one query at a time, and never asked for twice', async (t) => {
    const store = storeFor(t);
    const seen = { queries: [] as string[], atOnce: 0 };
    const failures: string[] = [];
    const services = [await tap(t, { spoil: () => ({ status: 500, body: '' }) }), await tap(t, { seen })];
    const tools = {
      ...{ store, services, clock, onTile: () => undefined },
      onFailure: (service: string, error: RetryLater) => failures.push(`${service} ${error.code}`),
    };
    const wanted = tilesAround({ raDeg: 210.5, decDeg: 54.5 }, 0.2);
    assert.equal(await fetchTiles(wanted, 17, tools, endless), wanted.length);
    assert.deepEqual(failures, ['tap SERVICE_ERROR']);
    assert.equal(seen.queries.length, wanted.length);
    assert.equal(seen.atOnce, 1);
    assert.deepEqual(missingTiles(store, wanted, 17), []);
    assert.equal(await fetchTiles(wanted, 17, tools, endless), 0);
    assert.deepEqual(missingTiles(store, wanted, 17.5), wanted);

    const field = starsInField(store, { centre: cone, fieldRadiusDeg: 0.2, hintRadiusDeg: 0 })!;
    const tiles = new Set(wanted);
    assert.deepEqual(field.warnings, []);
    assert.match(field.origin, /Gaia/);
    assert.ok(field.stars.raDeg.length > 30 && tiles.size > 0);
    const found = rows.find((row) => Math.abs(Number(row.ra) - field.stars.raDeg[0]!) < 1e-9)!;
    assert.ok(Math.abs(Number(found.phot_g_mean_mag) - field.stars.mag[0]!) < 0.0003);
  });

  it('are what was whole before every service failed', async (t) => {
    const store = storeFor(t);
    let left = 2;
    const service = await tap(t, { spoil: (body) => (left-- > 0 ? { body } : { body: body.slice(0, 2000) }) });
    const tools = { store, services: [service], clock, onTile: () => undefined, onFailure: () => undefined };
    const wanted = tilesAround({ raDeg: 210.5, decDeg: 54.5 }, 0.7);
    await assert.rejects(fetchTiles(wanted, 17, tools, endless), isCode('NO_SERVICE'));
    assert.equal(missingTiles(store, wanted, 17).length, wanted.length - 2);
    const field = starsInField(store, { centre: cone, fieldRadiusDeg: 0.7, hintRadiusDeg: 0 });
    assert.match(field!.warnings[0]!, /^The reference stars of this field .* 2 of \d+ tiles are complete/);
  });

  it('without synthetic photometry serve until better ones come', async (t) => {
    const store = storeFor(t);
    const url = `${await serverFor(t, gaiaService(rows))}/tap`;
    const tables = 'archive without synthetic photometry';
    const poor = gaiaTap({ id: 'ari', url, format: 'votable/td', tables }, { http, clock });
    const tools = { store, clock, onTile: () => undefined, onFailure: () => undefined };
    const wanted = tilesAround(cone, 0.01);
    await fetchTiles(wanted, 17, { ...tools, services: [poor] }, endless);
    assert.deepEqual(missingTiles(store, wanted, 17), wanted);
    const field = () => starsInField(store, { centre: cone, fieldRadiusDeg: 0.01, hintRadiusDeg: 0 })!;
    assert.deepEqual([...field().reference.bands.keys()].sort(), ['BP', 'G', 'RP']);
    await fetchTiles(wanted, 17, { ...tools, services: [await tap(t)] }, endless);
    assert.equal(field().reference.bands.size, 13);
  });
});
