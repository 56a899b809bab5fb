import { Agent } from 'node:http';
import got, { RequestError, type Response } from 'got';
import { describeError, EdgeError, RetryLater, TellOperator } from '../../../base/errors.ts';
import type { Command } from '../../contract.ts';
import { alpacaFault } from './faults.ts';
import { type AlpacaImage, readImageArray, readImageBytes } from './image-bytes.ts';

export interface AlpacaAddress {
  readonly host: string;
  readonly port: number;
}

/** One device of a server, as the paths name it. */
export interface AlpacaDevice {
  /** In lower case: `telescope`, `camera`, `filterwheel`, ... */
  readonly type: string;
  readonly number: number;
}

/** Parameters by their exact names: servers tell cases apart in what is written to them. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** Beyond this an answer other than an image is no answer. */
const largestAnswerBytes = 16 * 2 ** 20;
const largestImageBytes = 4 * 2 ** 30;

/**
 * Speaks to one Alpaca server (ASCOM Alpaca API Reference): strict in what it writes, lenient in what it reads. A GET
 * that met a dead connection is asked once more, a PUT never: whether it arrived is for the device's values to show.
 */
export class AlpacaClient {
  readonly #base: string;
  readonly #clientId: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  #transaction = 0;

  /** @param clientId a number from 1 to 2^32 - 1 by which servers tell their clients apart */
  constructor({ host, port }: AlpacaAddress, clientId: number) {
    this.#base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#clientId = clientId;
  }

  /**
   * The value of a member.
   * @throws EdgeError of the device (`alpacaFault`); RetryLater `ALPACA_SILENT` without an answer in time, `ALPACA_ANSWER`
   * for one that makes no sense; TellOperator `ALPACA_REQUEST` when the server does not know device or member
   */
  async get(device: AlpacaDevice, member: string, command: Command, parameters: Parameters = {}): Promise<unknown> {
    const query = new URLSearchParams(this.#form(parameters));
    return valueIn(await this.#getTwice(`${pathOf(device, member)}?${query}`, command), nameOf(device));
  }

  /** Writes to a member, once. That the server said Ok proves nothing. Rejects as `get` does. */
  async put(device: AlpacaDevice, member: string, parameters: Parameters, command: Command): Promise<void> {
    const answer = await this.#exchange('PUT', pathOf(device, member), command, { form: this.#form(parameters) });
    valueIn(answer, nameOf(device));
  }

  /** The last image of a camera, in bytes where the server can, else as JSON. */
  async image(device: AlpacaDevice, command: Command): Promise<AlpacaImage> {
    const path = `${pathOf(device, 'imagearray')}?${new URLSearchParams(this.#form({}))}`;
    const accept = 'application/imagebytes, application/json;q=0.5';
    const answer = await this.#exchange('GET', path, command, { headers: { accept } }, largestImageBytes);
    if (/imagebytes/i.test(answer.headers['content-type'] ?? '')) {
      if (answer.statusCode !== 200) throw badStatus(answer, nameOf(device));
      return readImageBytes(answer.rawBody, nameOf(device));
    }
    return readImageArray(valueIn(answer, nameOf(device)), nameOf(device));
  }

  /** What stands below `/management`, or undefined where the server has none of it. */
  async management(path: string, command: Command): Promise<unknown> {
    const answer = await this.#getTwice(`/management/${path}`, command);
    return answer.statusCode === 404 ? undefined : valueIn(answer, 'The server');
  }

  /** Lets go of its connections. */
  close(): void {
    this.#agent.destroy();
  }

  #form(parameters: Parameters): Record<string, string> {
    this.#transaction = (this.#transaction % 0xffff_ffff) + 1;
    // Booleans are True and False in the specification's examples; some servers take nothing else.
    const values = Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value),
    ]);
    return Object.fromEntries([
      ...values,
      ['ClientID', String(this.#clientId)],
      ['ClientTransactionID', String(this.#transaction)],
    ]) as Record<string, string>;
  }

  /** Some servers drop a kept connection without a word after an error: the next GET meets a dead one. */
  async #getTwice(path: string, command: Command): Promise<Response<Uint8Array>> {
    try {
      return await this.#exchange('GET', path, command);
    } catch (error) {
      if (!isDeadConnection(error)) throw error;
      return await this.#exchange('GET', path, command);
    }
  }

  async #exchange(
    method: 'GET' | 'PUT',
    path: string,
    { signal, deadlineMs }: Command,
    more: { readonly form?: Record<string, string>; readonly headers?: Record<string, string> } = {},
    largestBytes = largestAnswerBytes,
  ): Promise<Response<Uint8Array>> {
    signal.throwIfAborted();
    const tooLarge = new AbortController();
    try {
      const call = got(`${this.#base}${path}`, {
        ...more,
        method,
        agent: { http: this.#agent },
        retry: { limit: 0 },
        followRedirect: false,
        throwHttpErrors: false,
        responseType: 'buffer',
        timeout: { request: Math.max(1, Math.ceil(deadlineMs)) },
        signal: AbortSignal.any([signal, tooLarge.signal]),
      });
      call.on('downloadProgress', ({ transferred }) => {
        if (transferred > largestBytes) tooLarge.abort();
      });
      return (await call) as unknown as Response<Uint8Array>;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RequestError)) throw error;
      const reason = tooLarge.signal.aborted ? 'its answer does not end' : describeError(error);
      throw new RetryLater('ALPACA_SILENT', `The Alpaca server at ${this.#base} did not answer: ${reason}.`, {
        cause: error,
      });
    }
  }
}

function isDeadConnection(error: unknown): boolean {
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: unknown };
  return error instanceof EdgeError && (code === 'ECONNRESET' || code === 'EPIPE');
}

function pathOf({ type, number }: AlpacaDevice, member: string): string {
  return `/api/v1/${type}/${number}/${member}`;
}

function nameOf({ type, number }: AlpacaDevice): string {
  return `The Alpaca ${type} ${number}`;
}

/** The value of an answer; keys in any case, since servers differ there. */
function valueIn(answer: Response<Uint8Array>, name: string): unknown {
  if (answer.statusCode !== 200) throw badStatus(answer, name);
  const said = parsed(answer.rawBody);
  if (said === undefined) throw new RetryLater('ALPACA_ANSWER', `${name} gave an answer that is no JSON object.`);
  const errorNumber = Number(said.get('errornumber') ?? 0);
  if (errorNumber !== 0) throw alpacaFault(name, errorNumber, String(said.get('errormessage') ?? ''));
  return said.get('value');
}

function parsed(body: Uint8Array): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one]));
  } catch {
    return undefined; // said by the caller, who knows whose answer it was
  }
}

/** 400: the server does not understand what was asked, and never will. The rest is a fault of its own, and may pass. */
function badStatus({ statusCode, rawBody }: Response<Uint8Array>, name: string): EdgeError {
  const said = new TextDecoder().decode(rawBody).replace(/\s+/g, ' ').trim().slice(0, 200);
  const what = `${name} answered HTTP ${statusCode}${said ? `: ${said}` : ''}`;
  if (statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429) {
    return new TellOperator(
      'ALPACA_REQUEST',
      `${what}. Check its device number and type, and the version of the server.`,
    );
  }
  return new RetryLater('ALPACA_ANSWER', `${what}. It will be asked again.`);
}
