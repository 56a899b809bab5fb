/**
 * How much longer an image of 24 megapixels takes to come from an Alpaca camera as ImageBytes than its bytes take to be
 * copied over loopback. Prints medians and their ratio:
 *   node bench/alpaca-image.ts [--rounds 5]
 */
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createCopyServer } from 'node:net';
import { parseArgs } from 'node:util';
import { AlpacaClient } from '../drivers/alpaca/wire/client.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const [width, height] = [6000, 4000];
const rounds = Number(values.rounds);

const body = Buffer.alloc(44 + 2 * width * height);
[1, 0, 1, 1, 44, 2, 8, 2, width, height, 0].forEach((word, i) => {
  body.writeInt32LE(word, 4 * i);
});
for (let at = 44; at < body.length; at += 2) body.writeUInt16LE((at * 2654435761) % 65_536, at);

const image = createServer((_, response) =>
  response.setHeader('content-type', 'application/imagebytes').setHeader('content-length', body.length).end(body),
);
const copy = createCopyServer((socket) => void socket.end(body));
for (const server of [image, copy]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
const client = new AlpacaClient({ host: '127.0.0.1', port: portOf(image) }, 1);
const command = { signal: new AbortController().signal, deadlineMs: 60_000 };

async function copied(): Promise<void> {
  const whole = Buffer.allocUnsafe(body.length);
  let at = 0;
  for await (const chunk of connect(portOf(copy), '127.0.0.1')) at += (chunk as Buffer).copy(whole, at);
  if (at !== body.length) throw new Error(`${at} of ${body.length} bytes came`);
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < rounds + 1; i++) {
    const startMs = performance.now();
    await work();
    if (i > 0) took.push(performance.now() - startMs); // the first one warms up
  }
  return took.sort((a, b) => a - b)[Math.floor(took.length / 2)]!;
}

const copyMs = await medianMs(copied);
const imageMs = await medianMs(() => client.image({ type: 'camera', number: 0 }, command));
client.close();
for (const server of [image, copy]) server.close();
console.log(`${width} x ${height} pixels of 16 bits, ${rounds} rounds, medians`);
console.log(`copied over loopback  ${copyMs.toFixed(0)} ms`);
console.log(
  `ImageBytes            ${imageMs.toFixed(0)} ms, ${(imageMs / copyMs).toFixed(2)} times (target: under 1.5)`,
);
