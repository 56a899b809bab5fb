import got, { type OptionsInit, RequestError, type Response, TimeoutError } from 'got';
import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater } from '../../base/errors.ts';
import { retryAfterMs } from './retry-after.ts';

export interface HttpLimits {
  /** Longest silence of the connection, and longest time for one answer. */
  readonly silenceMs: number;
  readonly wholeMs: number;
  readonly largestBytes: number;
}

export const usualLimits: HttpLimits = { silenceMs: 120_000, wholeMs: 10 * 60_000, largestBytes: 256 * 2 ** 20 };

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly location: string | undefined;
}

/** Asks services, saying who asks. It never asks twice: who called it decides that. */
export interface HttpClient {
  get(url: string, signal: AbortSignal): Promise<HttpAnswer>;
  post(url: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer>;
  /** One exchange of JSON, by an account or by nobody yet: a POST where there is a body. */
  json(
    url: string,
    authorization: string | undefined,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer>;
  patch(url: string, authorization: string, body: object, signal: AbortSignal): Promise<HttpAnswer>;
}

/** Codes of RetryLater for a call that the service cannot have acted on; after any other it may have. */
export const notActedOn: ReadonlySet<string> = new Set(['SERVICE_NOT_CONNECTED', 'SERVICE_BUSY']);

/**
 * A client whose promises reject with RetryLater when nothing, too much, or only a part of an answer came; HTTP errors
 * of the overloaded kind too, with the wait that the service asks for. Other statuses are for the caller to assess.
 */
export function httpClient(software: string, clock: Clock, limits: HttpLimits = usualLimits): HttpClient {
  const client = got.extend({
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    timeout: {
      lookup: 10_000,
      connect: 20_000,
      secureConnect: 20_000,
      socket: limits.silenceMs,
      request: limits.wholeMs,
    },
    headers: { 'user-agent': `${software} (https://bhtom.space)`, accept: 'application/x-votable+xml, */*;q=0.1' },
  });

  async function ask(url: string, options: OptionsInit, signal: AbortSignal): Promise<HttpAnswer> {
    const { origin } = new URL(url);
    const endless = new AbortController();
    let answer: Response<string>;
    try {
      const call = client(url, {
        ...options,
        responseType: 'text',
        signal: AbortSignal.any([signal, endless.signal]),
      });
      call.on('downloadProgress', ({ transferred }) => {
        if (transferred > limits.largestBytes) endless.abort();
      });
      answer = (await call) as Response<string>;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (endless.signal.aborted) throw new RetryLater('SERVICE_ENDLESS', `The answer of ${origin} does not end.`);
      if (!(error instanceof RequestError)) throw error;
      const what = describeError(error);
      throw neverConnected(error)
        ? new RetryLater('SERVICE_NOT_CONNECTED', `${origin} cannot be reached: ${what}`, { cause: error })
        : new RetryLater('SERVICE_UNREACHABLE', `${origin} gave no whole answer: ${what}`, { cause: error });
    }
    const { statusCode: status, body, headers } = answer;
    if (status === 429 || status === 408 || status === 502 || status === 503 || status === 504) {
      const waitMs = retryAfterMs(headers, clock.nowMs());
      // Behind a gateway that gave up, the service may have done all the same.
      const code = status === 502 || status === 504 ? 'SERVICE_GATEWAY' : 'SERVICE_BUSY';
      throw new RetryLater(code, `${origin} is busy (HTTP ${status}).`, {
        ...(waitMs !== undefined && { notBeforeMs: clock.nowMs() + waitMs }),
      });
    }
    return { status, body, location: headers.location };
  }

  return {
    get: (url, signal) => ask(url, { method: 'GET' }, signal),
    post: (url, form, signal) => ask(url, { method: 'POST', form }, signal),
    json: (url, authorization, body, signal) =>
      ask(
        url,
        {
          headers: { ...(authorization && { authorization }), accept: 'application/json, text/csv;q=0.9' },
          ...(body === undefined ? { method: 'GET' } : { method: 'POST', json: body }),
        },
        signal,
      ),
    patch: (url, authorization, json, signal) =>
      ask(url, { method: 'PATCH', headers: { authorization, accept: 'application/json' }, json }, signal),
  };
}

/** Whether a call failed before a connection stood: nothing can have arrived. Behind that, anything can. */
export function neverConnected(error: RequestError): boolean {
  if (error instanceof TimeoutError) return ['lookup', 'connect', 'secureConnect'].includes(error.event);
  return connectionFaults.has(error.code);
}

const connectionFaults = new Set([
  ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_NOT_YET_VALID'],
]);

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
