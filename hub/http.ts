import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import type { HubErrorBody, HubErrorCode } from '../protocol/rest.ts';
import { deepestJson, isTooDeep } from './json-depth.ts';
import { operator, type TokenBook } from './tokens.ts';

const statusOf: Record<HubErrorCode, number> = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  INVALID: 400,
  CONFLICT: 409,
  TOO_LARGE: 413,
  UNSUPPORTED: 426,
  BUSY: 429,
  INTERNAL: 500,
};

/** An answer that is not a success, thrown by whatever finds the reason for it. */
export class Refusal extends Error {
  readonly code: HubErrorCode;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: HubErrorCode, reason: string, headers: Record<string, string> = {}) {
    super(reason);
    this.code = code;
    this.status = statusOf[code];
    this.headers = headers;
  }

  get body(): HubErrorBody {
    return { error: this.code, reason: this.message };
  }
}

/** Who is calling: a site, or the operator. */
export interface Caller {
  readonly site: string;
  readonly isOperator: boolean;
}

/** One call of the REST interface, as its handler sees it. */
export interface Call {
  readonly caller: Caller;
  readonly url: URL;
  /** The named parts of the path. */
  readonly path: Readonly<Record<string, string>>;
  readonly request: IncomingMessage;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON; bytes are JSON in gzip already. */
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: RegExp;
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

/** Finds out who is calling from `Authorization: Bearer`. Throws Refusal. */
export function authenticate(request: IncomingMessage, tokens: TokenBook): Caller {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new Refusal('UNAUTHORIZED', 'Say who you are: "Authorization: Bearer TOKEN".');
  const site = tokens.siteOf(token);
  if (site === undefined) throw new Refusal('UNAUTHORIZED', 'This token is not known here.');
  return { site, isOperator: site === operator };
}

/** Answers a request by the first route that fits. Throws Refusal. */
export async function dispatch(
  routes: readonly Route[],
  request: IncomingMessage,
  url: URL,
  caller: Caller,
): Promise<Answer> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(url.pathname) : null;
    if (match) return route.handle({ caller, url, request, path: { ...match.groups } });
  }
  throw new Refusal('NOT_FOUND', `There is no ${request.method ?? ''} ${url.pathname} here.`);
}

/** A body as it came. */
export interface SentBody {
  readonly bytes: Buffer;
  readonly gzipped: boolean;
}

/** Reads a body as it is sent, no more than the limit of it. Throws Refusal. */
export async function readSent(request: IncomingMessage, limit: number): Promise<SentBody> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new Refusal('INVALID', `Content-Encoding "${encoding}" is not understood; send gzip or nothing.`);
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  return { bytes: await collect(request, limit), gzipped: encoding === 'gzip' };
}

/** Reads a body, inflating gzip. No more than the limits is ever held. Throws Refusal. */
export async function readBody(
  request: IncomingMessage,
  limits: { readonly compressed: number; readonly inflated: number },
): Promise<Buffer> {
  const { bytes, gzipped } = await readSent(request, limits.compressed);
  if (!gzipped) return bytes;
  const gunzip = createGunzip();
  gunzip.end(bytes);
  try {
    return await collect(gunzip, limits.inflated);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('INVALID', 'The body says that it is gzip, but cannot be inflated.');
  }
}

async function collect(source: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(limit: number): Refusal {
  return new Refusal('TOO_LARGE', `The body is larger than ${limit} bytes.`);
}

/** Parses JSON against a schema. Throws Refusal that names every fault. */
export function parseJson<T>(schema: z.ZodType<T>, json: Buffer): T {
  if (isTooDeep(json)) throw new Refusal('INVALID', `The body is nested deeper than ${deepestJson} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    throw new Refusal('INVALID', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new Refusal('INVALID', faults.join('; '));
}

/** The number in a query, or the value to take when it is absent. Throws Refusal. */
export function countIn(url: URL, name: string, absent: number, most: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return absent;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal('INVALID', `${name} must be a whole number, not "${text}".`);
  return Math.min(Number(text), most);
}

/** The site a query is about: a site sees its own rows, the operator those of any or (undefined) of all. */
export function siteIn({ url, caller }: Call): string | undefined {
  const asked = url.searchParams.get('site') ?? undefined;
  if (caller.isOperator) return asked;
  if (asked !== undefined && asked !== caller.site) {
    throw new Refusal('FORBIDDEN', `This token is that of ${caller.site}, which may not see ${asked}.`);
  }
  return caller.site;
}

export function send(response: ServerResponse, answer: Answer): void {
  const compressed = answer.body instanceof Uint8Array;
  const bytes = compressed ? (answer.body as Uint8Array) : Buffer.from(`${JSON.stringify(answer.body)}\n`);
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...(compressed ? { 'content-encoding': 'gzip' } : {}),
    ...answer.headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}
