import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Command, PixelFrame } from '../../../drivers/contract.ts';
import type { Quirk } from '../../support/alpaca-server/quirks.ts';
import type { Served } from '../../support/alpaca-server/server.ts';
import { type AlpacaSite, alpacaSite } from '../../support/alpaca-site.ts';

const within = (deadlineMs = 120_000): Command => ({ signal: new AbortController().signal, deadlineMs });
const high = { raDeg: 31, decDeg: 46.8 };
const bias = { kind: 'bias', exposureS: 0, binning: 1, offset: 100 } as const;

async function siteFor(t: TestContext, capabilities: readonly Served[], ...quirks: Quirk[]): Promise<AlpacaSite> {
  const site = await alpacaSite(capabilities, quirks);
  t.after(() => site.devices.close());
  return site;
}

function putsTo({ server }: AlpacaSite, member: string): number {
  return server.requests.filter((request) => request.startsWith('PUT') && request.endsWith(`/${member}`)).length;
}

describe('Alpaca devices of a server with', () => {
  const harmless: readonly Quirk[][] = [
    ['transaction ids 0'],
    ['keys in lower case'],
    ['no management'],
    ['no Platform 7'],
    ['devicestate as an object'],
    ['connect answered 0x407'],
    ['no gains'],
    ['no start time'],
    ['readout modes as objects'],
    ['numbers and truth as text'],
    ['imagearray in JSON only'],
    ['64-bit images from byte 48'],
    ['a 500, then a dead socket', 'no Platform 7'],
  ];
  for (const quirks of harmless) {
    it(`${quirks.join(' and ')} point, change filters and give frames`, async (t) => {
      const { devices, observatory } = await siteFor(t, ['mount', 'camera', 'filterWheel'], ...quirks);
      await devices.mount!.unpark(within());
      await devices.mount!.slewTo(high, within());
      const { decDeg } = (await observatory.mount.read()).value;
      assert.ok(Math.abs(decDeg - high.decDeg) < 0.01);
      for (const filter of ['V', 'clear', 'B']) {
        await devices.filterWheel!.select(filter, within());
        assert.equal(observatory.filterWheel.current(), filter);
      }
      assert.deepEqual(devices.camera!.abilities.readoutModes, ['normal', 'low noise']);
      assert.equal(devices.camera!.abilities.gain === undefined, quirks.includes('no gains'));
      const frame = (await devices.camera!.expose(bias, within())) as PixelFrame;
      assert.deepEqual([frame.width, frame.height], [64, 64]);
      const mean = [...frame.adu].reduce((sum, value) => sum + value, 0) / frame.adu.length;
      assert.ok(Math.abs(mean - 100) < 2, `a bias of offset 100 has a mean of ${mean}`);
    });
  }

  it('slews that say Ok and do nothing are not believed', async (t) => {
    const { devices } = await siteFor(t, ['mount'], 'slews say Ok and do nothing');
    await devices.mount!.unpark(within());
    await assert.rejects(devices.mount!.slewTo(high, within(5_000)), { code: 'DEVICE_NOT_CONFIRMED' });
    assert.equal((await devices.mount!.read()).value.motion, 'still');
  });

  it('a sky without limits are sent nothing to declination 95', async (t) => {
    const site = await siteFor(t, ['mount'], 'slews say Ok and do nothing');
    await site.devices.mount!.unpark(within());
    await assert.rejects(site.devices.mount!.slewTo({ raDeg: 31, decDeg: 95 }, within()), { code: 'DEVICE_REFUSED' });
    assert.equal(putsTo(site, 'slewtocoordinatesasync'), 0);
  });

  it('images that are never ready end by the deadline, and the camera is idle', async (t) => {
    const { devices } = await siteFor(t, ['camera'], 'image never ready');
    await assert.rejects(devices.camera!.expose(bias, within(5_000)), { code: 'DEVICE_NOT_CONFIRMED' });
    assert.equal((await devices.camera!.read()).value.activity, 'idle');
  });

  for (const quirks of [[], ['no start time']] as const) {
    it(`exposures that never begin do not give the image before${quirks.map((one) => ` (${one})`)}`, async (t) => {
      const { devices, server } = await siteFor(t, ['camera'], ...quirks);
      await devices.camera!.expose(bias, within());
      server.quirks.add('a start says Ok and does nothing');
      await assert.rejects(devices.camera!.expose(bias, within(5_000)), { code: 'DEVICE_NOT_CONFIRMED' });
    });
  }

  it('lost answers to writes: each is sent once, and the values tell that it arrived', async (t) => {
    const site = await siteFor(t, ['filterWheel', 'camera']);
    site.server.quirks.add('answers to writes are lost');
    await site.devices.filterWheel!.select('clear', within());
    assert.equal(site.observatory.filterWheel.current(), 'clear');
    assert.equal(putsTo(site, 'position'), 1);
    await assert.rejects(site.devices.camera!.expose(bias, within(20_000)), { code: 'DEVICE_SILENT' });
    assert.equal(putsTo(site, 'startexposure'), 1);
  });

  it('weather that is 31 s old say so', async (t) => {
    const { devices, clock } = await siteFor(t, ['weather'], 'weather 31 s old');
    const { value, atMs } = await devices.weather!.read();
    assert.equal(value.rain, false);
    const ageMs = clock.nowMs() - atMs;
    assert.ok(ageMs >= 31_000 && ageMs < 41_000, `${ageMs} ms`);
  });
});
