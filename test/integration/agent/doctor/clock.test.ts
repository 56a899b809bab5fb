import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it, type TestContext } from 'node:test';
import { clockFindings } from '../../../../agent/doctor/clock.ts';
import { askNtp, offsetOf } from '../../../../agent/doctor/sntp.ts';
import { ManualClock, systemClock } from '../../../../base/clock.ts';
import { serverFor } from '../../../support/http.ts';

/** Writes a moment as NTP has it: seconds since 1900 and their fraction. */
function writeTime(packet: Buffer, at: number, unixMs: number): void {
  const seconds = Math.floor(unixMs / 1000) + 2_208_988_800;
  packet.writeUInt32BE(seconds % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor(((unixMs % 1000) / 1000) * 2 ** 32), at + 4);
}

/** A time server whose answers are made by `answer`; gives its address. */
async function ntpServer(t: TestContext, answer: (packet: Buffer) => void): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    assert.equal(question.length, 48);
    assert.equal(question[0]! & 7, 3, 'asks as a client');
    const packet = Buffer.alloc(48);
    packet[0] = 0x24;
    packet[1] = 2;
    answer(packet);
    socket.send(packet, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const tells = (timeMs: number) => (packet: Buffer) => {
  writeTime(packet, 32, timeMs);
  writeTime(packet, 40, timeMs);
};

describe('the offset of a clock', () => {
  it('is half the difference of both ways, known to half the way there and back', () => {
    // Sent at 1000, there from 3100 to 3140, back at 1240: the way takes 200 and this clock is 2000 behind.
    assert.deepEqual(offsetOf(1000, 3100, 3140, 1240), { aheadMs: -2000, uncertaintyMs: 100 });
  });

  it('is told by an NTP server, beyond 2036 too', async (t) => {
    for (const nowMs of [Date.UTC(2026, 10, 22, 22, 0, 0, 250), Date.UTC(2041, 0, 1, 0, 0, 0, 500)]) {
      const server = await ntpServer(t, tells(nowMs - 42_000));
      const { aheadMs } = await askNtp(server, () => nowMs);
      assert.ok(Math.abs(aheadMs - 42_000) < 2, `${aheadMs}`);
    }
  });

  it('is not believed of a server that refuses or has no time, and not waited for without end', async (t) => {
    const refuses = await ntpServer(t, (packet) => packet.writeUInt8(0, 1));
    const unset = await ntpServer(t, (packet) => packet.writeUInt8(0xe4, 0));
    for (const server of [refuses, unset])
      await assert.rejects(
        askNtp(server, () => 0),
        { code: 'NTP' },
      );
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
    t.after(() => silent.close());
    await assert.rejects(
      askNtp(`127.0.0.1:${silent.address().port}`, () => 0, 50),
      /gave no answer in 0.05 s/,
    );
  });
});

describe('the clock', () => {
  const nowMs = Date.UTC(2026, 10, 22, 22);
  const dated = (t: TestContext, date: string) =>
    serverFor(t, (_, response) => response.writeHead(200, { date }).end());

  it('is held against the servers of all destinations by their Date, and must be set when it is wrong', async (t) => {
    const clock = new ManualClock(nowMs);
    const destinations = [
      { id: 'right', url: await dated(t, 'Sun, 22 Nov 2026 22:00:00 GMT') },
      { id: 'late', url: await dated(t, 'Sun, 22 Nov 2026 21:59:18 GMT') },
      { id: 'undated', url: await serverFor(t, (_, response) => response.removeHeader('date') ?? response.end()) },
      { id: 'away', url: 'http://127.0.0.1:9' },
    ];
    const found = await clockFindings({ clock, ntpServer: undefined, destinations });
    assert.deepEqual(
      found.map(({ subject, state }) => [subject, state]),
      [
        ['right', 'well'],
        ['late', 'wrong'],
        ['undated', 'doubtful'],
        ['away', 'doubtful'],
      ],
    );
    assert.match(found[1]!.words, /this computer's clock is 41\.50 s ahead of late \(known to 0\.50 s\)/);
    assert.match(found[1]!.remedy!, /^Set the clock/);
  });

  it('is held against an NTP server to a hundredth of a second', async (t) => {
    const server = await ntpServer(t, (packet) => tells(systemClock.nowMs() + 3000)(packet));
    const [finding] = await clockFindings({ clock: systemClock, ntpServer: server, destinations: [] });
    assert.equal(finding!.state, 'wrong');
    assert.match(finding!.words, /is (2\.9|3\.0)\d s behind/);
  });
});
