import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listening } from './listening.ts';

const packet = { connect: 1, publish: 3 } as const;

/**
 * A broker that takes one publication after the other (MQTT 3.1.1, OASIS 2014). `connectCode`: its answer to a connection;
 * `isCut`: it hangs up in the place of an acknowledgement.
 */
export async function mqttBroker(t: TestContext, connectCode = 0, isCut = false) {
  const published: { readonly topic: string; readonly payload: string }[] = [];
  const take = (socket: Socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined); // the client hangs up when it has what it wants
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (
        let whole = packetLength(bytes);
        whole !== undefined && bytes.length >= whole.end;
        whole = packetLength(bytes)
      ) {
        const kind = bytes[0]! >> 4;
        const body = bytes.subarray(whole.start, whole.end);
        if (kind === packet.connect) socket.write(Buffer.from([0x20, 2, 0, connectCode]));
        if (kind === packet.publish && isCut) socket.destroy();
        else if (kind === packet.publish) {
          const topicEnd = 2 + body.readUInt16BE(0);
          published.push({ topic: body.toString('utf8', 2, topicEnd), payload: body.toString('utf8', topicEnd + 2) });
          socket.write(Buffer.from([0x40, 2, body[topicEnd]!, body[topicEnd + 1]!]));
        }
        bytes = bytes.subarray(whole.end);
      }
    });
  };
  const port = await listening(t, createServer(take));
  return { port, published };
}

/** Where the body of the first packet begins and ends: its length is a number of 7 bits a byte (2.2.3). */
function packetLength(bytes: Buffer): { readonly start: number; readonly end: number } | undefined {
  let length = 0;
  for (let k = 1; k < Math.min(bytes.length, 5); k++) {
    length |= (bytes[k]! & 0x7f) << (7 * (k - 1));
    if (bytes[k]! < 0x80) return { start: k + 1, end: k + 1 + length };
  }
  return undefined;
}
