import { createSocket } from 'node:dgram';
import { RetryLater } from '../../base/errors.ts';

/** Seconds from the epoch of NTP (1900) to that of Unix. */
const ntpEpochS = 2_208_988_800;
const packetBytes = 48;

export interface ClockOffset {
  /** How far this computer's clock is ahead of the server's, milliseconds. */
  readonly aheadMs: number;
  /** Half the way there and back: the offset is no better known than this. */
  readonly uncertaintyMs: number;
}

/** The offset by the four moments of an exchange (RFC 5905, section 8), Unix milliseconds. */
export function offsetOf(sentMs: number, receivedThereMs: number, answeredThereMs: number, gotMs: number): ClockOffset {
  return {
    aheadMs: -(receivedThereMs - sentMs + (answeredThereMs - gotMs)) / 2,
    uncertaintyMs: Math.max(0, gotMs - sentMs - (answeredThereMs - receivedThereMs)) / 2,
  };
}

/**
 * Asks an NTP server (host or host:port) for the time, once. `nowMs` is the clock to be tested.
 * @throws RetryLater when no usable answer comes
 */
export async function askNtp(server: string, nowMs: () => number, timeoutMs = 3000): Promise<ClockOffset> {
  const [, host, port = '123'] = /^(.*?)(?::(\d+))?$/.exec(server)!;
  const socket = createSocket('udp4');
  try {
    return await new Promise<ClockOffset>((resolve, reject) => {
      const fail = (why: string, cause?: unknown) =>
        reject(new RetryLater('NTP', `The time server ${server} ${why}.`, { cause }));
      const timer = setTimeout(() => fail(`gave no answer in ${timeoutMs / 1000} s`), timeoutMs);
      socket.once('close', () => clearTimeout(timer));
      socket.once('error', (error) => fail('cannot be reached', error));
      let sentMs = 0;
      socket.on('message', (answer) => {
        const gotMs = nowMs();
        const isServer = answer.length >= packetBytes && (answer[0]! & 7) === 4;
        // Stratum 0 is a refusal, leap indicator 3 a clock that is not set.
        if (!isServer || answer[1] === 0 || answer[0]! >> 6 === 3) fail('knows no time itself');
        else resolve(offsetOf(sentMs, readTime(answer, 32), readTime(answer, 40), gotMs));
      });
      const question = Buffer.alloc(packetBytes);
      question[0] = 0x23; // version 4, client
      sentMs = nowMs();
      socket.send(question, Number(port), host!, (error) => error && fail('cannot be reached', error));
    });
  } finally {
    socket.close();
  }
}

/** A moment of 32 + 32 bits as Unix milliseconds, of the era that began in 1900 or in 2036. */
function readTime(packet: Buffer, at: number): number {
  const seconds = packet.readUInt32BE(at);
  const era = seconds < 0x8000_0000 ? 2 ** 32 : 0;
  return (seconds + era - ntpEpochS) * 1000 + (packet.readUInt32BE(at + 4) / 2 ** 32) * 1000;
}
