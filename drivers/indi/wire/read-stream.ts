import { StringDecoder } from 'node:string_decoder';
import { Parser } from 'htmlparser2';
import { RetryLater } from '../../../base/errors.ts';
import { type BlobPlace, BlobSink } from './blob-sink.ts';
import type {
  BlobHead,
  IndiEvent,
  IndiState,
  MemberDefinition,
  MemberValue,
  ReceivedBlob,
  VectorKind,
} from './elements.ts';
import { indiNumber } from './numbers.ts';

type Attributes = Readonly<Record<string, string>>;

export interface ReaderOptions {
  readonly onEvent: (event: IndiEvent) => void;
  /** Where a BLOB is to go; undefined drops it. */
  readonly placeOf: (head: BlobHead) => BlobPlace | undefined;
  /** Nothing larger is taken as one BLOB. */
  readonly largestBlobBytes: number;
}

/** Beyond these a server is broken or hostile. */
const mostMembers = 10_000;
const longestText = 1 << 20;

/** The vector whose element is open. */
interface OpenVector {
  readonly verb: 'define' | 'set';
  readonly kind: VectorKind;
  readonly attributes: Attributes;
  readonly members: (MemberDefinition & MemberValue)[];
  readonly blobs: ReceivedBlob[];
}

const vectorTag = /^(def|set)(Text|Number|Switch|Light|BLOB)Vector$/;
const memberTag = /^(?:def|one)(Text|Number|Switch|Light|BLOB)$/;
const states = new Set(['Idle', 'Ok', 'Busy', 'Alert']);

/**
 * Reads the stream of an INDI server, bytes as they come. BLOBs go to their sinks in pieces and are never held as text.
 * Elements it does not know are passed over; one that was never closed ends where the next vector begins.
 */
export class IndiReader {
  readonly #options: ReaderOptions;
  readonly #parser: Parser;
  readonly #decoder = new StringDecoder('utf8');
  #vector: OpenVector | undefined;
  #member: { readonly kind: VectorKind; readonly attributes: Attributes; text: string } | undefined;
  #sink: BlobSink | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#parser = new Parser(
      {
        onopentag: (name, attributes) => this.#open(name, attributes),
        ontext: (text) => this.#text(text),
        onclosetag: (name) => this.#close(name),
      },
      { xmlMode: true },
    );
  }

  /**
   * Takes what came; resolves when there is room for more.
   * @throws RetryLater `INDI_STREAM` when the stream makes no sense: end the connection
   */
  async push(chunk: Uint8Array): Promise<void> {
    this.#parser.write(this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    await this.#sink?.drained();
  }

  /** The connection is gone: a BLOB under way will never be whole. */
  end(): void {
    this.#sink?.abort('the connection ended');
    this.#sink = undefined;
  }

  #open(name: string, attributes: Attributes): void {
    const told = toldBy(name, attributes);
    const vector = vectorTag.exec(name);
    if (told || vector) this.#abandon();
    if (told) this.#options.onEvent(told);
    if (vector) {
      const [, verb, kind] = vector;
      this.#vector = {
        verb: verb === 'def' ? 'define' : 'set',
        kind: kind as VectorKind,
        attributes,
        members: [],
        blobs: [],
      };
      return;
    }
    const member = memberTag.exec(name);
    if (member && this.#vector) this.#openMember(member[1] as VectorKind, attributes);
  }

  #openMember(kind: VectorKind, attributes: Attributes): void {
    const { members, blobs, verb, attributes: owner } = this.#vector!;
    if (members.length + blobs.length >= mostMembers) throw senseless('a property has more members than any real one');
    this.#member = { kind, attributes, text: '' };
    if (kind !== 'BLOB' || verb !== 'set') return;
    const head: BlobHead = {
      device: owner.device ?? '',
      property: owner.name ?? '',
      member: attributes.name ?? '',
      format: attributes.format ?? '',
      statedBytes: Number.parseInt(attributes.size ?? '', 10) || undefined,
    };
    // Empty BLOBs only tell that one is under way, and one with a path lies where this program cannot read it.
    const isEmpty = attributes.size === '0' || attributes.path !== undefined;
    const place = isEmpty ? undefined : this.#options.placeOf(head);
    this.#sink = place && new BlobSink(head, place, this.#options.largestBlobBytes);
    if (!isEmpty) blobs.push({ ...head, content: this.#sink?.content });
  }

  #text(text: string): void {
    this.#sink?.write(text);
    if (!this.#member || this.#member.kind === 'BLOB') return;
    this.#member.text += text;
    if (this.#member.text.length > longestText) throw senseless('a value is longer than any real one');
  }

  #close(name: string): void {
    if (memberTag.test(name)) this.#closeMember();
    else if (vectorTag.test(name)) this.#closeVector();
  }

  #closeMember(): void {
    this.#sink?.end();
    this.#sink = undefined;
    const member = this.#member;
    this.#member = undefined;
    if (!member || !this.#vector || (member.kind === 'BLOB' && this.#vector.verb === 'set')) return;
    this.#vector.members.push(memberOf(member.kind, member.attributes, member.text.trim()));
  }

  #closeVector(): void {
    const vector = this.#vector;
    this.#vector = undefined;
    if (vector?.attributes.device && vector.attributes.name) this.#options.onEvent(eventOf(vector));
  }

  #abandon(): void {
    this.#sink?.abort('another property came in the middle of it');
    this.#sink = undefined;
    this.#member = undefined;
    this.#vector = undefined;
  }
}

/** Elements that say all in their attributes. */
function toldBy(name: string, { device, name: property, message }: Attributes): IndiEvent | undefined {
  if (name === 'message') return { type: 'message', device, text: message ?? '' };
  if (name === 'delProperty' && device) return { type: 'delete', device, name: property };
  return undefined;
}

function memberOf(kind: VectorKind, attributes: Attributes, text: string): MemberDefinition & MemberValue {
  const name = attributes.name ?? '';
  const label = attributes.label ?? name;
  if (kind !== 'Number') return { name, label, value: text };
  const number = (key: string) => indiNumber(attributes[key] ?? '');
  return { name, label, value: indiNumber(text), min: number('min'), max: number('max'), step: number('step') };
}

function eventOf({ verb, kind, attributes, members, blobs }: OpenVector): IndiEvent {
  const { device = '', name = '', message = '' } = attributes;
  if (verb === 'define') {
    const permission = attributes.perm === 'ro' || attributes.perm === 'wo' ? attributes.perm : 'rw';
    const group = attributes.group ?? '';
    const state = stateOf(attributes.state) ?? 'Idle';
    // Lights are never written, whatever a driver says.
    return {
      type: 'define',
      kind,
      device,
      name,
      group,
      state,
      permission: kind === 'Light' ? 'ro' : permission,
      message,
      members,
    };
  }
  const state = stateOf(attributes.state);
  if (kind === 'BLOB') return { type: 'blobs', device, name, state, message, received: blobs };
  return {
    type: 'set',
    kind,
    device,
    name,
    state,
    message,
    members: members.map((one) => ({ name: one.name, value: one.value })),
  };
}

function stateOf(text: string | undefined): IndiState | undefined {
  return text !== undefined && states.has(text) ? (text as IndiState) : undefined;
}

function senseless(reason: string): RetryLater {
  return new RetryLater(
    'INDI_STREAM',
    `The INDI server sends what makes no sense: ${reason}. The connection is made anew.`,
  );
}
