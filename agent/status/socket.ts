import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { describeError } from '../../base/errors.ts';
import { type Health, well } from '../health/health.ts';
import type { Logger } from '../health/log.ts';
import type { Part } from '../part.ts';
import type { RunningStatus } from './running.ts';

/** Where the daemon with this dataDir can be asked: a Unix socket in it, a named pipe on Windows. */
export function statusAddress(dataDir: string): string {
  if (process.platform !== 'win32') return join(dataDir, 'agent.sock');
  const name = createHash('sha256').update(resolve(dataDir).toLowerCase()).digest('hex').slice(0, 16);
  return `\\\\.\\pipe\\bhtom-edge-${name}`;
}

/** The system cuts longer names of sockets off. */
const longestAddress = 107;
/** A client that does not take its answer is let go. */
const patienceMs = 5_000;

/**
 * Says how the daemon is to whoever connects: one JSON document, then the end. There is nothing to ask for and nothing
 * is read, and only the daemon's own user may connect. Without it the daemon works as well, and says in its health why.
 */
export class StatusSocket implements Part {
  readonly name = 'status';
  readonly #address: string;
  readonly #status: () => RunningStatus;
  readonly #log: Logger;
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;
  #trouble = '';

  constructor(dataDir: string, status: () => RunningStatus, log: Logger) {
    this.#address = statusAddress(dataDir);
    this.#status = status;
    this.#log = log;
  }

  async start(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      this.#server = undefined;
      this.#trouble = `The status cannot be asked for at ${this.#address}: ${describeError(error)}.`;
      this.#log.warn(this.#trouble);
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    const server = this.#server;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  health(): Health {
    return this.#trouble === '' ? well : { state: 'away', reason: this.#trouble };
  }

  #listen(): Promise<void> {
    const isFile = process.platform !== 'win32';
    if (isFile && Buffer.byteLength(this.#address) > longestAddress) {
      throw new Error(`the path is longer than ${longestAddress} bytes, choose a shorter dataDir`);
    }
    // The lock on the database says that no other daemon is here: a socket that is left over belongs to a dead one.
    if (isFile) rmSync(this.#address, { force: true });
    const server = createServer((client) => this.#answer(client));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject).once('listening', resolve);
      // The socket is made within this call, and open to nobody else at any moment.
      const before = process.umask(0o177);
      try {
        server.listen(this.#address);
      } finally {
        process.umask(before);
      }
    });
  }

  #answer(client: Socket): void {
    this.#clients.add(client);
    client.setTimeout(patienceMs, () => client.destroy());
    client.on('error', () => client.destroy()); // it has gone, which is its own affair
    client.on('close', () => this.#clients.delete(client));
    client.resume();
    client.end(JSON.stringify(this.#status()));
  }
}
