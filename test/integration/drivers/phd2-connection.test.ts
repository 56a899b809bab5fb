import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { Phd2Connection } from '../../../drivers/phd2/wire/connection.ts';
import { FakePhd2 } from '../../support/phd2.ts';

const { signal } = new AbortController();
const command = { signal, deadlineMs: 2000 };

async function connected(t: TestContext, phd2: FakePhd2): Promise<Phd2Connection> {
  const connection = new Phd2Connection({ host: '127.0.0.1', port: await phd2.listen(), clock: systemClock });
  connection.start();
  t.after(async () => {
    await connection.stop();
    await phd2.close();
  });
  await once(connection, 'back');
  return connection;
}

describe('a connection to PHD2', () => {
  it('calls methods and hears events, several in one packet or one in several', async (t) => {
    const phd2 = new FakePhd2({ get_app_state: () => 'Guiding' });
    const connection = await connected(t, phd2);
    assert.equal(await connection.call('get_app_state', {}, command), 'Guiding');
    const heard: string[] = [];
    connection.on('event', ({ Event }) => heard.push(Event));
    phd2.write('{"Event":"GuideStep"}\r\nno json\r\n{"Event":"Star');
    phd2.write('Lost"}\r\n');
    await once(connection, 'event');
    while (heard.length < 2) await once(connection, 'event');
    assert.deepEqual(heard, ['GuideStep', 'StarLost']);
  });

  it("gives PHD2's own reason when it refuses", async (t) => {
    const phd2 = new FakePhd2({
      guide: () => {
        throw new Error('equipment not connected');
      },
    });
    const connection = await connected(t, phd2);
    await assert.rejects(connection.call('guide', {}, command), {
      code: 'PHD2_REFUSED',
      message: /equipment not connected/,
    });
    await assert.rejects(connection.call('warp', {}, command), { code: 'PHD2_REFUSED', message: /method not found/ });
  });

  it('gives up a call at its deadline', async (t) => {
    const phd2 = new FakePhd2();
    const connection = await connected(t, phd2);
    phd2.isSilent = true;
    await assert.rejects(connection.call('guide', {}, { signal, deadlineMs: 50 }), { code: 'PHD2_SILENT' });
  });

  it('fails what was under way when PHD2 goes, and is back when PHD2 is', async (t) => {
    const phd2 = new FakePhd2({ get_app_state: () => 'Stopped' });
    const port = await phd2.listen();
    const connection = new Phd2Connection({ host: '127.0.0.1', port, clock: systemClock });
    connection.start();
    t.after(() => connection.stop());
    await once(connection, 'back');
    phd2.isSilent = true;
    const call = assert.rejects(connection.call('get_app_state', {}, command), { code: 'PHD2_AWAY' });
    const lost = once(connection, 'lost');
    await phd2.close();
    await Promise.all([call, lost]);
    await assert.rejects(connection.call('get_app_state', {}, command), { code: 'PHD2_AWAY' });
    phd2.isSilent = false;
    await phd2.listen(port);
    t.after(() => phd2.close());
    await once(connection, 'back');
    assert.equal(await connection.call('get_app_state', {}, command), 'Stopped');
  });
});
