import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { describe, it } from 'node:test';
import { inflateSync } from 'node:zlib';
import type {
  FrameAnswer,
  FramesAnswer,
  MastersAnswer,
  NightAnswer,
  NightsAnswer,
  StatusAnswer,
  TargetAnswer,
} from '../../../../agent/api/shapes.ts';
import { pastRecord } from '../../../support/frame-records.ts';
import { addMasters, addRejected, addRequest, pageSite } from '../../../support/page-site.ts';

const json = async <Answer>(url: string): Promise<Answer> => {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return (await response.json()) as Answer;
};

/** Sent as it stands: fetch would mend the address and the headers. */
function raw(base: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    httpRequest({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

describe('the API of the page', () => {
  it('tells how the site is, without a daemon too', async (t) => {
    const site = await pageSite(t);
    site.addFrame('a.fits');
    const status = await json<StatusAnswer>(`${site.url}/api/v1/status`);
    assert.equal(status.site, 'hill');
    assert.match(status.notRunning!, /No daemon runs/);
    assert.deepEqual(status.today, { lights: 1, measured: 1, refused: 0 });
  });

  it('lists what is wrong, frames of the same fault together, each with a remedy', async (t) => {
    const site = await pageSite(t);
    for (const name of ['a.cr2', 'b.cr2']) addRejected(site, name, 'not-fits', `${name} is no FITS file`);
    addRejected(site, 'c.fits', 'gone', 'it is gone');
    const { repairs } = await json<StatusAnswer>(`${site.url}/api/v1/status`);
    assert.deepEqual(
      repairs.map(({ what, severity }) => [what, severity]),
      [
        ['The daemon', 'critical'],
        ['2 frames of main rejected', 'warning'],
      ],
    );
    assert.ok(repairs.every(({ remedy }) => remedy !== ''));
    assert.equal((await json<FrameAnswer>(`${site.url}/api/v1/frames/${repairs[1]!.frameId}`)).frame.state, 'rejected');
  });

  it('tells the nights, and refuses what is no date', async (t) => {
    const site = await pageSite(t);
    const id = site.addFrame('a.fits', { mjdMid: 60000.125 });
    const { nights } = await json<NightsAnswer>(`${site.url}/api/v1/nights`);
    assert.deepEqual(
      nights.map(({ date, nMeasured }) => [date, nMeasured]),
      [['2023-02-24', 1]],
    );
    const night = await json<NightAnswer>(`${site.url}/api/v1/nights/2023-02-24`);
    // Noon over 20 degrees east.
    assert.equal(new Date(night.startMs).toISOString(), '2023-02-24T10:40:00.000Z');
    assert.deepEqual(
      night.frames.map(({ frameId }) => frameId),
      [id],
    );
    assert.deepEqual((await json<NightAnswer>(`${site.url}/api/v1/nights/2023-02-25`)).frames, []);
    for (const wrong of ['today', '2023-02-30x', '2023-13-01'])
      assert.equal((await fetch(`${site.url}/api/v1/nights/${wrong}`)).status, 404, wrong);
  });

  it('tells the calibration library', async (t) => {
    const site = await pageSite(t);
    addMasters(site);
    const { instruments } = await json<MastersAnswer>(`${site.url}/api/v1/masters`);
    assert.deepEqual(
      instruments[0]!.masters.map(({ kind, state, nCombined }) => [kind, state, nCombined]),
      [
        ['flat', 'refused', 18],
        ['dark', 'good', 18],
      ],
    );
  });

  it('lists frames page by page, the newest first, and by state', async (t) => {
    const site = await pageSite(t);
    const ids = Array.from({ length: 5 }, (_, k) => site.addFrame(`${k}.fits`));
    const first = await json<FramesAnswer>(`${site.url}/api/v1/frames?limit=3`);
    assert.deepEqual(
      first.frames.map(({ id }) => id),
      ids.slice(2).reverse(),
    );
    const second = await json<FramesAnswer>(`${site.url}/api/v1/frames?limit=3&before=${first.before}`);
    assert.deepEqual([second.frames.map(({ id }) => id), second.before], [ids.slice(0, 2).reverse(), null]);
    assert.deepEqual((await json<FramesAnswer>(`${site.url}/api/v1/frames?state=rejected`)).frames, []);
    for (const query of ['limit=0', 'limit=1000', 'before=-1', 'state=lost', 'limit=x'])
      assert.equal((await fetch(`${site.url}/api/v1/frames?${query}`)).status, 400, query);
  });

  it('shows one frame with its record, and says when that cannot be read', async (t) => {
    const site = await pageSite(t);
    const id = site.addFrame('a.fits');
    const { frame, record, unreadable } = await json<FrameAnswer>(`${site.url}/api/v1/frames/${id}`);
    assert.equal(frame.outcome, pastRecord().outcome);
    assert.equal(record?.width, pastRecord().width);
    assert.equal(unreadable, null);
    const broken = await json<FrameAnswer>(`${site.url}/api/v1/frames/${site.addFrame('b.fits', { schema: 99 })}`);
    assert.equal(broken.record, null);
    assert.ok(broken.unreadable);
    for (const wrong of ['999', '-1', 'x', '1e3', '%20'])
      assert.equal((await fetch(`${site.url}/api/v1/frames/${wrong}`)).status, 404, wrong);
  });

  it('shows the picture of a frame the right way up', async (t) => {
    const site = await pageSite(t);
    const id = site.addFrame('a.fits');
    const response = await fetch(`${site.url}/api/v1/frames/${id}/preview.png`);
    const png = Buffer.from(await response.arrayBuffer());
    assert.equal(response.headers.get('content-type'), 'image/png');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [48, 40]);
    const data = png.subarray(png.indexOf('IDAT') + 4, png.indexOf('IEND') - 8);
    assert.equal(inflateSync(data).length, 49 * 40);
    const { frames } = await json<FramesAnswer>(`${site.url}/api/v1/frames`);
    writeFileSync(frames[0]!.path, 'no image');
    assert.equal((await fetch(`${site.url}/api/v1/frames/${id}/preview.png`)).status, 404);
    rmSync(frames[0]!.path);
    assert.equal((await fetch(`${site.url}/api/v1/frames/${id}/preview.png`)).status, 404);
  });

  it('tells the light curve of a target by any name', async (t) => {
    const site = await pageSite(t);
    const planes = [{ plane: 'mono', outcome: 'measured', nSources: 1, band: 'V' }];
    const target = { name: 'SN 2026/a "b"', plane: 'mono', verdict: 'detected', mag: 15.25, magErr: 0.01 };
    site.addFrame('a.fits', { mjdMid: 60000, planes, targets: [target] });
    const { points } = await json<TargetAnswer>(`${site.url}/api/v1/targets/${encodeURIComponent(target.name)}`);
    assert.deepEqual([points[0]!.mag, points[0]!.band, points[0]!.frameId], [15.25, 'V', 1]);
    assert.equal((await fetch(`${site.url}/api/v1/targets/unknown`)).status, 404);
  });

  it('lists requests and the queue, and counts for Prometheus', async (t) => {
    const site = await pageSite(t);
    addRequest(site, 'one');
    const { requests } = await json<{ requests: { source: string; id: string }[] }>(`${site.url}/api/v1/requests`);
    assert.deepEqual([requests[0]!.source, requests[0]!.id], ['local', 'one']);
    assert.deepEqual(await json(`${site.url}/api/v1/queue`), { counts: [], parcels: [] });
    site.addFrame('a.fits');
    const metrics = await (await fetch(`${site.url}/api/v1/metrics`)).text();
    assert.match(metrics, /^bhtom_edge_up\{version="test"\} 0$/m);
  });

  it('tells an open page when something changed', async (t) => {
    const site = await pageSite(t);
    const response = await fetch(`${site.url}/api/v1/events`, { signal: AbortSignal.timeout(10_000) });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const hear = async (wanted: RegExp) => {
      while (!wanted.test(heard)) heard += (await reader.read()).value ?? assert.fail('the stream ended');
    };
    await hear(/retry/);
    site.addFrame('a.fits');
    await hear(/event: changed\ndata: \{\}\n\n/);
    await reader.cancel();
  });
});

describe('the page for strangers', () => {
  it('is no page for another name of this computer, nor for another origin', async (t) => {
    const { url } = await pageSite(t, 'page: { names: [edge.local] }');
    const { host } = new URL(url);
    assert.equal(await raw(url, '/api/v1/status', { host: 'evil.example' }), 421);
    assert.equal(await raw(url, '/api/v1/status', { host: 'edge.local:80' }), 200);
    assert.equal(await raw(url, '/api/v1/status', { host, origin: 'http://evil.example' }), 403);
    assert.equal(await raw(url, '/api/v1/status', { host, origin: url }), 200);
    assert.equal(await raw(url, '/api/v1/status', { host }, 'POST'), 405);
  });

  it('gives its own files and nothing else of the disk', async (t) => {
    const { url } = await pageSite(t);
    for (const path of ['/', '/page.js', '/page.css']) assert.equal(await raw(url, path), 200, path);
    for (const path of [
      ...['/../package.json', '/..%2f..%2fpackage.json', '/constructor', '/__proto__', '//etc/passwd'],
      ...['/%00', '/%E0%A4%A', '/api/v1/%E0%A4%A', '/api/v1/frames/%2e%2e%2f', '/api/v2/status', '/index.htm'],
    ])
      assert.equal(await raw(url, path), 404, path);
  });

  it('forbids the browser everything but its own files', async (t) => {
    const { url } = await pageSite(t);
    const { headers } = await fetch(url);
    assert.match(headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self';/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.doesNotMatch(await (await fetch(url)).text(), /https?:\/\//);
  });

  it('asks for its password where it has one', async (t) => {
    const { url } = await pageSite(t, '', 'open sesame');
    const basic = (words: string) => `Basic ${Buffer.from(words).toString('base64')}`;
    const { host } = new URL(url);
    for (const [authorization, status] of [
      [basic('me:open sesame'), 200],
      [basic('me:open'), 401],
      [basic('open sesame'), 200],
      ['Bearer open', 401],
      ['Basic !', 401],
    ] as const)
      assert.equal(await raw(url, '/', { host, authorization }), status, authorization);
    assert.equal(await raw(url, '/', { host }), 401);
  });
});
