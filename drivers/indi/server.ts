import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { keepDialling } from '../../base/dial.ts';
import { RetryLater } from '../../base/errors.ts';
import { PropertyBook } from './properties.ts';
import type { BlobPlace } from './wire/blob-sink.ts';
import type { BlobHead, BlobUpdate, IndiEvent, VectorKind } from './wire/elements.ts';
import { IndiReader } from './wire/read-stream.ts';
import { type BlobWish, enableBlob, getProperties, newVector } from './wire/write.ts';

export interface IndiAddress {
  readonly host: string;
  readonly port: number;
}

export interface IndiServerOptions extends IndiAddress {
  readonly clock: Clock;
  readonly largestBlobBytes: number;
  /** Where a BLOB of a device that wants BLOBs goes; memory where absent. */
  readonly placeOf?: (head: BlobHead) => BlobPlace | undefined;
}

interface ServerEvents {
  /** Connected, and asked for all properties: they follow. */
  back: [];
  lost: [reason: string];
  blobs: [update: BlobUpdate];
  /** Words for people; undefined device: of the server itself. */
  message: [device: string | undefined, text: string];
}

const connectMs = 10_000;

/**
 * The connection to one INDI server, made again whenever it is lost. What is known of properties lasts as long as the
 * connection: after `back` they are all told anew, and drivers may have other values than before.
 */
export class IndiServer extends EventEmitter<ServerEvents> {
  readonly properties = new PropertyBook();
  readonly #options: IndiServerOptions;
  readonly #stopping = new AbortController();
  readonly #blobs = new Map<string, BlobWish>();
  #running: Promise<void> = Promise.resolve();
  #socket: Socket | undefined;
  #reason = 'not connected yet';

  constructor(options: IndiServerOptions) {
    super();
    this.#options = options;
  }

  /** Begins to dial, and goes on until `stop`. It waits for nothing: a server that is away comes later. */
  start(): void {
    const { clock } = this.#options;
    this.#running = keepDialling(
      () => this.#connection(),
      (reason) => this.#lost(reason),
      clock,
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
    return this.#socket ? undefined : this.#reason;
  }

  /**
   * Asks a device for new values. That it was said proves nothing: wait for the values.
   * @throws RetryLater `INDI_SERVER_AWAY` without a connection
   */
  send(
    kind: Exclude<VectorKind, 'Light' | 'BLOB'>,
    device: string,
    property: string,
    members: Readonly<Record<string, string | number>>,
  ): void {
    this.#say(newVector(kind, device, property, members));
  }

  /** Asks for a property as it stands: its driver tells it anew, which proves that it is alive. */
  ask(device: string, property: string): void {
    this.#say(getProperties(device, property));
  }

  /** Wants a device's BLOBs, now and after each reconnect. */
  wantBlobs(device: string, wish: BlobWish): void {
    this.#blobs.set(device, wish);
    if (this.#socket) this.#say(enableBlob(device, wish));
  }

  #say(xml: string): void {
    if (!this.#socket) {
      throw new RetryLater(
        'INDI_SERVER_AWAY',
        `The INDI server at ${this.#where()} is not connected: ${this.#reason}.`,
      );
    }
    this.#socket.write(xml);
  }

  /** One connection, from dialling to its end; gives the reason of the end. */
  async #connection(): Promise<string> {
    const { host, port, largestBlobBytes } = this.#options;
    const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: 15_000, noDelay: true });
    const reader = new IndiReader({
      onEvent: (event) => this.#take(event),
      placeOf: (head) => this.#placeOf(head),
      largestBlobBytes,
    });
    try {
      await once(socket, 'connect', {
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(connectMs)]),
      });
      this.#socket = socket;
      this.#say(getProperties());
      for (const [device, wish] of this.#blobs) this.#say(enableBlob(device, wish));
      this.emit('back');
      for await (const chunk of socket) await reader.push(chunk as Uint8Array);
      return 'the server closed the connection';
    } finally {
      reader.end();
      socket.destroy();
      this.#socket = undefined;
    }
  }

  #take(event: IndiEvent): void {
    const atMs = this.#options.clock.nowMs();
    switch (event.type) {
      case 'define':
        this.properties.define(event, atMs);
        break;
      case 'set':
        this.properties.update(event, atMs);
        break;
      case 'blobs':
        this.properties.update({ ...event, members: [] }, atMs);
        this.emit('blobs', event);
        break;
      case 'delete':
        this.properties.delete(event);
        break;
      case 'message':
        this.emit('message', event.device, event.text);
        return;
    }
    if (event.type !== 'delete' && event.message) this.emit('message', event.device, event.message);
  }

  #placeOf(head: BlobHead): BlobPlace | undefined {
    if ((this.#blobs.get(head.device) ?? 'Never') === 'Never') return undefined;
    return this.#options.placeOf ? this.#options.placeOf(head) : { kind: 'memory' };
  }

  #lost(reason: string): void {
    const news = reason !== this.#reason || this.properties.devices().length > 0;
    this.#reason = reason;
    this.properties.clear();
    if (news) this.emit('lost', reason);
  }

  #where(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }
}
