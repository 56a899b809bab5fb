import { createServer, type RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import { listening } from './listening.ts';

/** An HTTP server for one test; gives its address. */
export async function serverFor(t: TestContext, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(t, createServer(listener))}`;
}
