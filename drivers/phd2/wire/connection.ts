import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { keepDialling } from '../../../base/dial.ts';
import { Parked, RetryLater } from '../../../base/errors.ts';
import { inTime } from '../../confirm.ts';
import type { Command } from '../../contract.ts';

export interface Phd2Options {
  readonly host: string;
  /** 4400 for the first instance of PHD2 on a computer, one more for each further one. */
  readonly port: number;
  readonly clock: Clock;
}

/** One event of PHD2's event server; what it holds depends on its name. */
export interface Phd2Event {
  readonly Event: string;
  readonly [key: string]: unknown;
}

interface ConnectionEvents {
  back: [];
  lost: [reason: string];
  event: [event: Phd2Event];
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const connectMs = 10_000;
/** No message of PHD2 but a star's image is longer; those are never asked for. */
const longestLine = 4 * 2 ** 20;

/**
 * The connection to PHD2's event server (PHD2 wiki, "EventMonitoring"): JSON-RPC and events, one JSON object a line. It
 * is made again whenever it is lost; calls under way fail then, for nobody knows whether they were heard.
 */
export class Phd2Connection extends EventEmitter<ConnectionEvents> {
  readonly #options: Phd2Options;
  readonly #stopping = new AbortController();
  readonly #waiting = new Map<number, Waiting>();
  #running: Promise<void> = Promise.resolve();
  #socket: Socket | undefined;
  #reason: string | undefined = 'not connected yet';
  #lastId = 0;

  constructor(options: Phd2Options) {
    super();
    this.#options = options;
  }

  /** Begins to dial, and goes on until `stop`. PHD2 may be started later. */
  start(): void {
    this.#running = keepDialling(
      () => this.#connection(),
      (reason) => this.#lost(reason),
      this.#options.clock,
      this.#stopping.signal,
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#socket?.destroy();
    await this.#running;
  }

  /** Why there is no connection; undefined while there is one. */
  trouble(): string | undefined {
    return this.#reason;
  }

  /**
   * Calls a method; gives its result.
   * @throws Parked `PHD2_REFUSED` with PHD2's own reason; RetryLater `PHD2_AWAY` without a connection, `PHD2_SILENT`
   * without an answer in time; the signal's reason when aborted
   */
  async call(method: string, params: object, command: Command): Promise<unknown> {
    const socket = this.#socket;
    if (!socket) throw away(`PHD2 is not connected: ${this.#reason}.`);
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    answer.catch(() => undefined); // one that comes too late has nobody who waits for it
    try {
      socket.write(`${JSON.stringify({ method, params, id })}\r\n`);
      const result = await inTime(answer, command.deadlineMs, command.signal, this.#options.clock);
      if (result !== 'too late') return result;
      throw new RetryLater('PHD2_SILENT', `PHD2 did not answer ${method} within ${command.deadlineMs / 1000} s.`);
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #connection(): Promise<string> {
    const { host, port } = this.#options;
    const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: 15_000, noDelay: true });
    try {
      await once(socket, 'connect', {
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(connectMs)]),
      });
      this.#socket = socket;
      this.#reason = undefined;
      this.emit('back');
      socket.setEncoding('utf8');
      let rest = '';
      for await (const text of socket) {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        if (rest.length > longestLine) return 'it sends a line without end';
        for (const line of lines) this.#take(line);
      }
      return 'PHD2 closed the connection';
    } finally {
      this.#socket = undefined;
      socket.destroy();
    }
  }

  /** A line that is no JSON object says nothing. */
  #take(line: string): void {
    const said = objectOf(line);
    if (typeof said?.Event === 'string') this.emit('event', said as Phd2Event);
    const waiting = typeof said?.id === 'number' ? this.#waiting.get(said.id) : undefined;
    if (!said || !waiting) return;
    if (said.error === undefined) waiting.resolve(said.result);
    else waiting.reject(new Parked('PHD2_REFUSED', `PHD2 refuses: ${reasonOf(said.error)}.`));
  }

  #lost(reason: string): void {
    const news = reason !== this.#reason;
    this.#reason = reason;
    for (const { reject } of this.#waiting.values()) reject(away(`The connection to PHD2 was lost: ${reason}.`));
    if (news) this.emit('lost', reason);
  }
}

function away(message: string): RetryLater {
  return new RetryLater(
    'PHD2_AWAY',
    `${message} Check that it runs with its server switched on (Tools, Enable Server).`,
  );
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // said by the caller: it says nothing
  }
}

function reasonOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(error);
}
