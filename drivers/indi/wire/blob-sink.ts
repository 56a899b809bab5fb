import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { createInflate } from 'node:zlib';
import { RetryLater } from '../../../base/errors.ts';
import { Base64Stream } from './base64.ts';
import type { BlobContent, BlobHead } from './elements.ts';

/** Where a BLOB goes: into memory, or to a file that must not exist yet. */
export type BlobPlace = { readonly kind: 'memory' } | { readonly kind: 'file'; readonly path: string };

/**
 * Takes the base64 text of one BLOB as it comes, and keeps its bytes, not the text: decoded, inflated where the format
 * ends in `.z`, in memory or in a file. Nothing beyond `largestBytes` is kept.
 */
export class BlobSink {
  readonly content: Promise<BlobContent>;
  readonly #base64 = new Base64Stream();
  readonly #first: Writable;
  readonly #head: BlobHead;
  #received = 0;

  constructor(head: BlobHead, place: BlobPlace, largestBytes: number) {
    this.#head = head;
    const last = place.kind === 'file' ? createWriteStream(place.path, { flags: 'wx' }) : new Collector();
    const limited = new Limit(largestBytes, last);
    const inflate = head.format.endsWith('.z') ? createInflate() : undefined;
    inflate?.pipe(limited);
    this.#first = inflate ?? limited;
    this.content = this.#settled(limited, last, place);
    this.content.catch(() => undefined); // whoever waits for it hears of it; nobody has to
  }

  /** @throws nothing: what is wrong ends the content */
  write(text: string): void {
    if (this.#first.destroyed) return;
    try {
      const bytes = this.#base64.push(text);
      this.#received += bytes.length;
      this.#first.write(bytes);
    } catch (error) {
      this.abort((error as Error).message);
    }
  }

  /** Resolves when what was written has room: to be waited for before more is read from the network. */
  async drained(): Promise<void> {
    if (this.#first.destroyed || !this.#first.writableNeedDrain) return;
    const over = new AbortController();
    const ended = once(this.#first, 'close', { signal: over.signal });
    await Promise.race([once(this.#first, 'drain', { signal: over.signal }), ended]).catch(() => undefined);
    over.abort();
    ended.catch(() => undefined);
  }

  end(): void {
    if (!this.#base64.isWhole) this.abort('it ends in the middle of a group of base64');
    else if (this.#received === 0) this.abort('it is empty');
    else this.#first.end();
  }

  abort(reason: string): void {
    this.#first.destroy(this.#fault(reason));
  }

  #fault(reason: string, cause?: unknown): RetryLater {
    const { device, member, format } = this.#head;
    const what = `The BLOB ${member} (${format}) of ${device} did not come whole: ${reason}.`;
    return new RetryLater(
      'INDI_BLOB',
      `${what} The exposure has to be repeated.`,
      cause === undefined ? {} : { cause },
    );
  }

  async #settled(limited: Limit, last: Writable, place: BlobPlace): Promise<BlobContent> {
    try {
      await new Promise<void>((resolve, reject) => {
        for (const stage of new Set([this.#first, limited, last])) stage.once('error', reject);
        last.once('finish', resolve);
      });
    } catch (error) {
      for (const stage of [this.#first, limited, last]) stage.destroy();
      if (place.kind === 'file') await rm(place.path, { force: true });
      throw error instanceof RetryLater ? error : this.#fault((error as Error).message, error);
    }
    if (place.kind === 'file') return { kind: 'file', path: place.path, sizeBytes: limited.passed };
    return { kind: 'memory', bytes: (last as Collector).bytes() };
  }
}

/** Hands on to `next` until `largestBytes`. */
class Limit extends Writable {
  passed = 0;
  readonly #largestBytes: number;
  readonly #next: Writable;

  constructor(largestBytes: number, next: Writable) {
    super({ decodeStrings: false });
    this.#largestBytes = largestBytes;
    this.#next = next;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.passed += chunk.length;
    if (this.passed > this.#largestBytes) done(new Error(`it is larger than ${this.#largestBytes} bytes`));
    else if (this.#next.write(chunk)) done();
    else this.#next.once('drain', () => done());
  }

  override _final(done: (error?: Error) => void): void {
    this.#next.end(() => done());
  }
}

class Collector extends Writable {
  readonly #chunks: Uint8Array[] = [];

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
