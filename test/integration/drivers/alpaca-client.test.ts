import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { AlpacaClient } from '../../../drivers/alpaca/wire/client.ts';
import { devicesOf } from '../../../drivers/alpaca/wire/devices.ts';
import { discoverServers } from '../../../drivers/alpaca/wire/discovery.ts';
import { serverFor } from '../../support/http.ts';

const camera = { type: 'camera', number: 35_834 };
const { signal } = new AbortController();
const command = { signal, deadlineMs: 2000 };

async function clientFor(t: TestContext, listener: RequestListener): Promise<AlpacaClient> {
  const { hostname, port } = new URL(await serverFor(t, listener));
  const client = new AlpacaClient({ host: hostname, port: Number(port) }, 4711);
  t.after(() => client.close());
  return client;
}

const json =
  (value: object): RequestListener =>
  (_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

describe('a client of Alpaca servers', () => {
  it('asks as the specification wants it, every transaction with a number of its own', async (t) => {
    const asked: string[] = [];
    const client = await clientFor(t, (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${body}`);
        json({ Value: -10, ErrorNumber: 0, ErrorMessage: '' })(request, response);
      });
    });
    assert.equal(await client.get(camera, 'ccdtemperature', command), -10);
    await client.put(camera, 'cooleron', { CoolerOn: true }, command);
    assert.deepEqual(asked, [
      'GET /api/v1/camera/35834/ccdtemperature?ClientID=4711&ClientTransactionID=1 ',
      'PUT /api/v1/camera/35834/cooleron CoolerOn=True&ClientID=4711&ClientTransactionID=2',
    ]);
  });

  it("gives the device's own error, whatever case the keys have", async (t) => {
    const client = await clientFor(t, json({ errorNumber: 0x400, errorMessage: 'no such thing', value: null }));
    await assert.rejects(client.get(camera, 'gains', command), { code: 'ALPACA_0X400', message: /no such thing/ });
  });

  it('tells the operator of a 400, and tries again later after a 500 or an answer without sense', async (t) => {
    const answers: [number, string][] = [
      [400, 'unknown device'],
      [500, 'broken'],
      [200, '[]'],
      [200, '<html>'],
    ];
    const client = await clientFor(t, (_, response) => {
      const [status, body] = answers.shift()!;
      response.writeHead(status).end(body);
    });
    await assert.rejects(client.get(camera, 'x', command), { code: 'ALPACA_REQUEST', message: /unknown device/ });
    for (let i = 0; i < 3; i++) await assert.rejects(client.get(camera, 'x', command), { code: 'ALPACA_ANSWER' });
  });

  it('asks a GET once more after a dead connection, and sends a PUT only once', async (t) => {
    const seen: string[] = [];
    const client = await clientFor(t, (request, response) => {
      seen.push(request.method!);
      if (seen.length % 2 === 1) request.socket.destroy();
      else json({ Value: 5, ErrorNumber: 0 })(request, response);
    });
    assert.equal(await client.get(camera, 'binx', command), 5);
    await assert.rejects(client.put(camera, 'binx', { BinX: 2 }, command), { code: 'ALPACA_SILENT' });
    assert.deepEqual(seen, ['GET', 'GET', 'PUT']);
  });

  it('ends at its deadline, and at its signal', async (t) => {
    const client = await clientFor(t, () => undefined);
    await assert.rejects(client.get(camera, 'x', { signal, deadlineMs: 50 }), { code: 'ALPACA_SILENT' });
    const stop = new AbortController();
    const asked = client.get(camera, 'x', { signal: stop.signal, deadlineMs: 60_000 });
    stop.abort(new Error('enough'));
    await assert.rejects(asked, /enough/);
  });

  it('takes an image as bytes or as JSON, whatever was asked for', async (t) => {
    const body = new Uint8Array(44 + 4);
    const view = new DataView(body.buffer);
    [1, 0, 1, 1, 44, 2, 8, 2, 2, 1, 0].forEach((word, i) => {
      view.setInt32(4 * i, word, true);
    });
    view.setUint16(44, 300, true);
    view.setUint16(46, 400, true);
    let asBytes = true;
    const client = await clientFor(t, (request, response) => {
      if (asBytes) response.setHeader('content-type', 'application/imagebytes').end(body);
      else json({ Type: 2, Rank: 2, Value: [[300], [400]], ErrorNumber: 0 })(request, response);
    });
    const first = await client.image(camera, command);
    asBytes = false;
    assert.deepEqual(await client.image(camera, command), first);
    assert.deepEqual(first, { width: 2, height: 1, planes: 1, pixels: Uint16Array.of(300, 400) });
  });

  it('lists the devices of a server, types in any case, and does without a list', async (t) => {
    const value = [{ DeviceName: 'Cam', DeviceType: 'CAMERA', DeviceNumber: 35_834, UniqueID: 'abc' }, { nonsense: 1 }];
    const client = await clientFor(t, json({ Value: value, ErrorNumber: 0 }));
    assert.deepEqual(await devicesOf(client, command), [
      { name: 'Cam', type: 'camera', number: 35_834, uniqueId: 'abc' },
    ]);
    const without = await clientFor(t, (_, response) => response.writeHead(404).end());
    assert.equal(await devicesOf(without, command), undefined);
  });

  it('finds servers by their answers to a question into the network, and none by nonsense', async (t) => {
    const server = createSocket('udp4');
    server.on('message', (text, { address, port }) => {
      if (text.toString() !== 'alpacadiscovery1') return;
      for (const answer of ['{"AlpacaPort":11111}', '{"AlpacaPort":99999}', 'nonsense'])
        server.send(answer, port, address);
    });
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address();
    const found = await discoverServers({ clock: systemClock, signal, waitMs: 300, addresses: ['127.0.0.1'], port });
    assert.deepEqual(found, [{ host: '127.0.0.1', port: 11_111 }]);
  });
});
