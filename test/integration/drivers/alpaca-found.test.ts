import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openAlpaca } from '../../../drivers/alpaca/observatory.ts';
import { answerDiscovery } from '../../support/alpaca-server/discovery.ts';
import { alpacaSite, untilPresent } from '../../support/alpaca-site.ts';
import { place } from '../../support/simulated-site.ts';

describe('an Alpaca device', () => {
  it('known by its UniqueID is found on the network, and again where its server went', async (t) => {
    const { server, clock, address, devices } = await alpacaSite([], ['device types in capitals']);
    t.after(() => devices.close());
    let { port } = address;
    const discovery = await answerDiscovery(() => port);
    t.after(() => discovery.stop());
    const { filterWheel: wheel, close } = await openAlpaca(
      {
        devices: { filterWheel: { uniqueId: server.uniqueIdOf('filterWheel') } },
        filters: [],
        discovery: { addresses: ['127.0.0.1'], port: discovery.port },
      },
      place,
      clock,
    );
    t.after(close);
    await untilPresent(wheel!);
    assert.equal(wheel!.id, 'unique-filterWheel');
    await server.stop();
    await untilPresent(wheel!, false);
    await assert.rejects(wheel!.read(), { code: 'DEVICE_SILENT' });
    ({ port } = await server.start());
    assert.notEqual(port, address.port);
    await untilPresent(wheel!);
    assert.equal((await wheel!.read()).value, 'B');
  });

  it('that the server does not have is away, and says why', async (t) => {
    const { address, clock, devices } = await alpacaSite([]);
    t.after(() => devices.close());
    const opened = await openAlpaca({ ...address, devices: { mount: { number: 7 } }, filters: [] }, place, clock);
    t.after(() => opened.close());
    await clock.sleep(10_000);
    assert.equal(opened.mount!.present, false);
    await assert.rejects(opened.mount!.read(), { code: 'DEVICE_SILENT', message: /there is no .*telescope\/7/ });
  });
});
