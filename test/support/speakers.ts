import { once } from 'node:events';
import type { TestContext } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { tokenOf } from './hub.ts';

type Message = Record<string, unknown> & { type: string };

/** One end of a link as a test speaks it, in any version. What it hears is kept as it came. */
export class Speaker {
  readonly socket: WebSocket;
  readonly #heard: Message[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.#heard.push(JSON.parse(data.toString())));
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message; of this type where one is named, others passed over. */
  async hear(type?: string): Promise<Message> {
    for (;;) {
      while (this.#heard.length === 0) await once(this.socket, 'message');
      const message = this.#heard.shift()!;
      if (type === undefined || message.type === type) return message;
    }
  }
}

/** A site as a hub sees it. */
export async function siteSpeaker(t: TestContext, hubUrl: string, subprotocols: string[]): Promise<Speaker> {
  const socket = new WebSocket(`${hubUrl.replace('http', 'ws')}/v1/link`, subprotocols, {
    headers: { authorization: `Bearer ${tokenOf.here}` },
  });
  const speaker = new Speaker(socket);
  t.after(() => socket.terminate());
  await once(socket, 'open');
  return speaker;
}

/** A hub as a site sees it, which takes the first subprotocol it knows. */
export async function hubSpeaker(
  t: TestContext,
  known: readonly string[],
): Promise<{ url: string; next: () => Promise<Speaker> }> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => known.find((name) => offered.has(name)) ?? false,
  });
  await once(server, 'listening');
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async next() {
      const [socket] = (await once(server, 'connection')) as [WebSocket];
      return new Speaker(socket);
    },
  };
}

/** The same as a later version may write it: a key that nobody knows in every object. */
export function grown<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(grown) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, grown(inner)]);
  return { ...Object.fromEntries(entries), addedLater: { of: ['any', 'shape'] } };
}
