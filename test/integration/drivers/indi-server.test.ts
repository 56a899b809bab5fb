import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import type { IndiProperty } from '../../../drivers/indi/properties.ts';
import { IndiServer } from '../../../drivers/indi/server.ts';
import type { BlobUpdate } from '../../../drivers/indi/wire/elements.ts';
import { freePort } from '../../support/free-port.ts';
import { type RunningIndiServer, startIndiServer } from '../../support/indi.ts';
import { withPrograms } from '../../support/outside.ts';

const camera = 'CCD Simulator';
const drivers = ['indi_simulator_telescope', 'indi_simulator_ccd'];

describe('a connection to the real indiserver', withPrograms('indiserver'), () => {
  let running: RunningIndiServer;
  let client: IndiServer;

  /** Resolves when a property satisfies the wish. */
  async function until(device: string, name: string, wish: (property: IndiProperty) => boolean): Promise<IndiProperty> {
    const now = client.properties.get(device, name);
    if (now && wish(now)) return now;
    return new Promise((resolve) => {
      const look = (changed: string, changedName: string, property: IndiProperty | undefined) => {
        if (changed !== device || changedName !== name || !property || !wish(property)) return;
        client.properties.off('change', look);
        resolve(property);
      };
      client.properties.on('change', look);
    });
  }

  async function connectCamera(): Promise<void> {
    await until(camera, 'CONNECTION', () => true);
    client.send('Switch', camera, 'CONNECTION', { CONNECT: 'On', DISCONNECT: 'Off' });
    await until(camera, 'CONNECTION', () => client.properties.isOn(camera, 'CONNECTION', 'CONNECT') === true);
    await until(camera, 'CCD_EXPOSURE', () => true);
  }

  before(async () => {
    running = await startIndiServer(drivers, await freePort());
    client = new IndiServer({ host: '127.0.0.1', port: running.port, clock: systemClock, largestBlobBytes: 1e8 });
    client.start();
    await once(client, 'back');
  });
  after(async () => {
    await client.stop();
    await running.kill();
  });

  it('learns the devices and their properties', async () => {
    await until('Telescope Simulator', 'CONNECTION', () => true);
    await until(camera, 'CONNECTION', () => true);
    assert.deepEqual(client.properties.devices().sort(), [camera, 'Telescope Simulator']);
  });

  it('receives the frame of an exposure as whole FITS bytes', async () => {
    await connectCamera();
    client.wantBlobs(camera, 'Also');
    client.send('Number', camera, 'CCD_EXPOSURE', { CCD_EXPOSURE_VALUE: 0.2 });
    const [update] = (await once(client, 'blobs')) as [BlobUpdate];
    const [blob] = update.received;
    const content = await blob!.content!;
    assert.equal(blob!.format, '.fits');
    assert.ok(content.kind === 'memory' && content.bytes.length % 2880 === 0);
    assert.equal(Buffer.from(content.bytes.subarray(0, 9)).toString(), 'SIMPLE  =');
  });

  it('knows nothing while the server is away, and everything anew when it is back', async () => {
    const { port } = running;
    const lost = once(client, 'lost');
    await running.kill();
    await lost;
    assert.deepEqual(client.properties.devices(), []);
    assert.throws(() => client.send('Number', camera, 'CCD_EXPOSURE', { CCD_EXPOSURE_VALUE: 1 }), {
      code: 'INDI_SERVER_AWAY',
    });
    const back = once(client, 'back');
    running = await startIndiServer(drivers, port);
    await back;
    await connectCamera();
    client.send('Number', camera, 'CCD_EXPOSURE', { CCD_EXPOSURE_VALUE: 0.1 });
    const [update] = (await once(client, 'blobs')) as [BlobUpdate];
    assert.equal((await update.received[0]!.content)!.kind, 'memory');
  });
});
