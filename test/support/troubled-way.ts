import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { listening } from './listening.ts';

/**
 * What may happen to one call on its way to a server and back: the connection breaks before the server has heard
 * anything, or after it has done what it was asked; half of its answer comes; something before it answers in its place,
 * once after it has done it; it asks for patience, or refuses the token; it hears nothing and nothing comes back.
 */
export const wayFaults = [
  ...(['cut before', 'cut after', 'half an answer'] as const),
  ...(['proxy page 200', 'proxy page 502', 'proxy page 503', 'proxy page 413', 'proxy page 504 after'] as const),
  ...(['too many', 'refused token', 'silence'] as const),
];
export type WayFault = (typeof wayFaults)[number];

/** The wait that `too many` asks for, seconds. */
export const askedWaitS = 7;

/** The way to a server of a centre, on which one call after the other meets the trouble that a test has put there. */
export interface TroubledWay {
  readonly url: string;
  /** Used one a call, in order, `none` for a call that meets none; calls beyond them meet none. */
  readonly faults: (WayFault | 'none')[];
}

/** Puts such a way before a server. Other addresses of the server in its answers are left as they are. */
export async function troubledWay(t: TestContext, target: string): Promise<TroubledWay> {
  const { hostname, port } = new URL(target);
  const faults: (WayFault | 'none')[] = [];
  // A caller that is killed while it speaks, or a server that is, cuts the way.
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const next = faults.shift();
    const fault = next === 'none' ? undefined : next;
    if (
      fault === undefined ||
      fault === 'cut after' ||
      fault === 'half an answer' ||
      fault === 'proxy page 504 after'
    ) {
      const answer = await forward(request, body, hostname, port);
      if (fault === undefined) return void response.writeHead(answer.status, answer.headers).end(answer.body);
      if (fault === 'proxy page 504 after') return page(response, 504);
      if (fault === 'cut after') return void request.socket.destroy();
      response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length + 10 });
      response.write(answer.body.subarray(0, answer.body.length / 2));
      return void setTimeout(() => request.socket.destroy(), 20);
    }
    if (fault === 'cut before') return void request.socket.destroy();
    if (fault === 'silence') return;
    if (fault === 'too many') {
      return void response.writeHead(429, { 'retry-after': String(askedWaitS) }).end('{"detail":"slow down"}');
    }
    if (fault === 'refused token') {
      return void response.writeHead(401, { 'content-type': 'application/json' }).end('{"detail":"Invalid token."}');
    }
    return page(response, Number(fault.split(' ')[2]));
  }
  return { url: `http://127.0.0.1:${await listening(t, server)}`, faults };
}

function page(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body><h1>nginx</h1></body></html>');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  hostname: string,
  port: string,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { host: _host, 'transfer-encoding': _coding, ...kept } = headers;
    const sent = { ...kept, 'content-length': String(body.length) };
    const call = httpRequest({ hostname, port, path: url, method, headers: sent, agent: false }, (answer) => {
      const { 'transfer-encoding': _chunked, connection: _connection, ...back } = answer.headers;
      const head = { status: answer.statusCode!, headers: back as Record<string, string> };
      bodyOf(answer).then((whole) => resolve({ ...head, body: whole }), reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
