import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { bandOf, parseLightCurve } from '../../../../agent/centres/bhtom2/light-curve.ts';
import { bhtom2Targets } from '../../../../agent/centres/bhtom2/target-source.ts';
import { httpClient } from '../../../../agent/centres/http.ts';
import { hubTargets } from '../../../../agent/centres/hub/targets.ts';
import type { TargetSource } from '../../../../agent/centres/target-source.ts';
import { systemClock } from '../../../../base/clock.ts';
import { RetryLater, TellOperator } from '../../../../base/errors.ts';
import {
  type BhtomBehaviour,
  bhtomAcknowledgement,
  bhtomService,
  bhtomTarget,
  photometryHeader,
} from '../../../support/bhtom-service.ts';
import { serverFor } from '../../../support/http.ts';
import { call, hubFor, tokenOf } from '../../../support/hub.ts';

const http = httpClient('test', systemClock, { silenceMs: 1000, wholeMs: 3000, largestBytes: 1e6 });
const { signal } = new AbortController();
const usual: BhtomBehaviour = {
  token: 'word',
  pageSize: 2,
  targets: [
    bhtomTarget('Gaia24abc', 271.119, -29.52),
    bhtomTarget('AT2026xy', 360, 10),
    bhtomTarget('2026 QA', null, null, { type: 'NON_SIDEREAL' }),
    bhtomTarget('Gaia25b', 12.5, 41, { importance: null, cadence: 'daily' }),
    bhtomTarget('Gaia25c', 12.6, 41),
  ],
  lightCurves: {
    Gaia24abc: [
      '61002.5;17.1;0.02;ROAD_QHY600M;V(GaiaSP);observer',
      '61001.5;17.3;0.03;BIALKOW_ANDOR;V(GaiaSP);',
      '61003.5;19.2;-1.0;ROAD_QHY600M;V(GaiaSP);observer',
      '61004.5;16.9;;ZTF;g(ZTF);',
      '61005.5;nan;0.1;ROAD;V(GaiaSP);',
    ],
    empty: [],
  },
};

async function source(
  t: TestContext,
  changes: Partial<BhtomBehaviour> = {},
  seen: string[] = [],
): Promise<TargetSource> {
  const url = await serverFor(t, bhtomService({ ...usual, ...changes }, seen));
  return bhtom2Targets({ destination: 'bhtom', url, token: async () => 'word', renew: () => false }, 0, http);
}

const saying = (status: number, body: string, headers: Record<string, string | number> = {}) => ({
  instead: (_: unknown, response: ServerResponse) => {
    response.writeHead(status, headers);
    response.end(body);
    return true;
  },
});

describe("BHTOM's list of targets", () => {
  it('is read page by page; targets without a position are left out', async (t) => {
    const seen: string[] = [];
    const targets = await (await source(t, {}, seen)).targets(signal);
    assert.deepEqual(
      targets.map(({ name }) => name),
      ['Gaia24abc', 'AT2026xy', 'Gaia25b', 'Gaia25c'],
    );
    const interest = { importance: 9.98, priority: 3.2, cadenceDays: 1 };
    assert.deepEqual(targets[1], { name: 'AT2026xy', raDeg: 0, decDeg: 10, interest });
    assert.deepEqual(targets[2]!.interest, { importance: null, priority: 3.2, cadenceDays: null });
    assert.deepEqual(
      seen,
      [1, 2, 3].map((page) => `POST /targets/getTargetList/ {"page":${page}}`),
    );
  });

  it('may be empty', async (t) => {
    assert.deepEqual(await (await source(t, { targets: [] })).targets(signal), []);
  });

  it('is not believed when it is a part, another page, or no list', async (t) => {
    const page = (changes: object) =>
      saying(
        200,
        JSON.stringify({ count: 1, num_pages: 1, current_page: 1, data: [bhtomTarget('a', 1, 1)], ...changes }),
      );
    for (const lie of [
      page({ count: 5 }),
      page({ current_page: 3 }),
      page({ data: 'all' }),
      page({ data: [bhtomTarget('a', 999, 1)] }),
      saying(200, '<html>Please log in</html>', { 'content-type': 'text/html' }),
      saying(200, '{"count": 1, "num_pages": 1, "curr', { 'content-length': 200 }),
      saying(200, 'x'.repeat(2e6)),
      saying(500, '{"Error": "Something went wrong"}'),
      saying(200, '"[{\\"model\\": \\"target\\"}]"'),
    ]) {
      await assert.rejects(async () => (await source(t, lie)).targets(signal), RetryLater);
    }
  });

  it('waits as long as it is asked to', async (t) => {
    const busy = await source(t, saying(429, '', { 'retry-after': '120' }));
    await assert.rejects(busy.targets(signal), (error: RetryLater) => {
      const waitMs = error.notBeforeMs! - systemClock.nowMs();
      return waitMs > 110_000 && waitMs <= 120_000;
    });
  });

  it('asks for the operator when the token is refused or the address has moved, and shows no token', async (t) => {
    for (const changes of [{ token: 'other' }, saying(301, '', { location: 'https://elsewhere.example/' })]) {
      await assert.rejects(
        async () => (await source(t, changes)).targets(signal),
        (error) => error instanceof TellOperator && !error.message.includes('word'),
      );
    }
  });
});

describe("BHTOM's light curve of a target", () => {
  it('has detections and limits in the order of time, in our words for bands', async (t) => {
    const curve = await (await source(t)).archive!('Gaia24abc', signal);
    assert.equal(curve?.acknowledgement, bhtomAcknowledgement.join(' '));
    assert.deepEqual(curve.points, [
      { mjd: 61001.5, mag: 17.3, magErr: 0.03, band: 'V' },
      { mjd: 61002.5, mag: 17.1, magErr: 0.02, band: 'V' },
      { mjd: 61003.5, mag: 19.2, magErr: Number.NaN, band: 'V' },
      { mjd: 61004.5, mag: 16.9, magErr: 0.1, band: 'g(ZTF)' },
    ]);
    assert.deepEqual((await (await source(t)).archive!('empty', signal))?.points, []);
  });

  it('is undefined for a name that BHTOM does not know', async (t) => {
    assert.equal(await (await source(t)).archive!('nobody', signal), undefined);
  });

  it('is not believed when it is cut, or something else', async (t) => {
    const line = usual.lightCurves.Gaia24abc![0]!;
    const lies = [
      saying(200, `${photometryHeader}\n${line}\n${line.slice(0, 20)}`),
      saying(200, `${photometryHeader}\n${line}`),
      saying(200, `${photometryHeader}\n${line};more\n`),
      saying(200, `${photometryHeader}\n${line}\n`, { 'content-length': 4000 }),
      saying(200, ''),
      saying(200, '<html></html>\n'),
      saying(500, '{"Error": "Something went wrong: database is locked"}'),
    ];
    for (const lie of lies) {
      await assert.rejects(async () => (await source(t, lie)).archive!('Gaia24abc', signal), RetryLater);
    }
  });

  it('knows the two spellings of bands of Gaia, and leaves those of others as they are', () => {
    assert.deepEqual(['V(GaiaSP)', 'GaiaSP/i', 'GBP(GaiaDR3)', 'G(GAIA)', 'r(SDSS)', 'odd'].map(bandOf), [
      'V',
      'i',
      'BP',
      'G(GAIA)',
      'r(SDSS)',
      'odd',
    ]);
  });

  it('may have Windows line ends and columns in another order', () => {
    const text = 'Filter;MJD;Error;Magnitude\r\nV(GaiaSP);61000;0.05;15\r\n';
    assert.deepEqual(parseLightCurve(text, 'u').points, [{ mjd: 61000, mag: 15, magErr: 0.05, band: 'V' }]);
  });
});

describe("a hub's list of targets", () => {
  it('comes as the operator put it, and a site cannot change it', async (t) => {
    const hub = await hubFor(t);
    const targets = [
      { name: 'A', raDeg: 10, decDeg: -5 },
      { name: 'B', raDeg: 0, decDeg: 90 },
    ];
    const of = (token: string) => hubTargets('hub', hub.url, () => token, http).targets(signal);
    assert.deepEqual(await of(tokenOf.here), []);
    assert.equal((await call(hub, '/v1/targets', { method: 'PUT', body: JSON.stringify({ targets }) })).status, 200);
    assert.deepEqual(await of(tokenOf.here), targets);
    const put = { method: 'PUT', token: tokenOf.here, body: '{"targets":[]}' };
    assert.equal((await call(hub, '/v1/targets', put)).status, 403);
    const twice = JSON.stringify({ targets: [targets[0], targets[0]] });
    assert.equal((await call(hub, '/v1/targets', { method: 'PUT', body: twice })).status, 400);
    await assert.rejects(of('a-stranger'), TellOperator);
  });

  it('is empty at a hub that knows no such list, and not believed from a stranger', async (t) => {
    const at = async (status: number, body: string) => {
      const url = await serverFor(t, (_, response) => void response.writeHead(status).end(body));
      return hubTargets('hub', url, () => 'token', http).targets(signal);
    };
    assert.deepEqual(await at(404, '{}'), []);
    await assert.rejects(at(200, '{"targets":[{"name":"A"}]}'), RetryLater);
  });
});
