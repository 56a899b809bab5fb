import got, { RequestError } from 'got';
import type { Clock } from '../../../base/clock.ts';
import { describeError, RetryLater } from '../../../base/errors.ts';
import type { DeliveryOutcome } from '../contract.ts';
import { type HttpAnswer, neverConnected } from '../http.ts';
import { retryAfterMs } from '../retry-after.ts';
import { addressOf, asAccount, type Bhtom2Account } from './account.ts';
import { readUploadAnswer } from './upload-answer.ts';
import type { UploadForm } from './upload-form.ts';

export interface UploadServer {
  readonly account: Bhtom2Account;
  /** Address of the upload service, apart from that of the web server. */
  readonly uploadUrl: string;
  readonly clock: Clock;
  /** Longest silence of the connection, and longest time for one upload. */
  readonly timeouts?: { readonly silenceMs: number; readonly wholeMs: number };
}

export type Uploader = (
  file: { readonly stem: string; readonly correlationId: string; readonly form: UploadForm },
  signal: AbortSignal,
) => Promise<DeliveryOutcome>;

const patient = { silenceMs: 120_000, wholeMs: 10 * 60_000 };
const largestAnswerBytes = 1024 * 1024;
/** The code of RetryLater for an upload of which nobody knows whether it arrived. */
const unclear = 'UPLOAD_UNCLEAR';

/** Makes one try to upload and tells what became of it; what went wrong on the way to the account is thrown. */
export function uploaderTo({ account, uploadUrl, clock, timeouts = patient }: UploadServer): Uploader {
  const client = got.extend({
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    timeout: {
      ...{ lookup: 10_000, connect: 20_000, secureConnect: 20_000 },
      ...{ socket: timeouts.silenceMs, request: timeouts.wholeMs },
    },
    headers: { accept: 'application/json' },
  });
  return async ({ stem, correlationId, form }, signal) => {
    let waitMs: number | undefined;
    const post = async (authorization: string): Promise<HttpAnswer> => {
      const endless = new AbortController();
      try {
        const call = client.post(addressOf(uploadUrl, '/upload/'), {
          body: multipart(stem, form),
          headers: { authorization, 'correlation-id': correlationId },
          signal: AbortSignal.any([signal, endless.signal]),
        });
        call.on('downloadProgress', ({ transferred }) => {
          if (transferred > largestAnswerBytes) endless.abort();
        });
        const { statusCode: status, body, headers } = await call;
        waitMs = retryAfterMs(headers, clock.nowMs());
        return { status, body, location: headers.location };
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        throw lost(uploadUrl, error);
      }
    };
    try {
      return readUploadAnswer(await asAccount(account, post, signal), waitMs);
    } catch (error) {
      if (error instanceof RetryLater && error.code === unclear) return { kind: 'unknown', reason: error.message };
      throw error;
    }
  };
}

function multipart(stem: string, { fields, file }: UploadForm): FormData {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  body.append('files', new File([file.content], `${stem}.${file.extension}`, { type: 'text/plain' }));
  return body;
}

function lost(url: string, error: RequestError): RetryLater {
  const { origin } = new URL(url);
  const what = describeError(error);
  return neverConnected(error)
    ? new RetryLater('UPLOAD_NOT_SENT', `${origin} cannot be reached: ${what}`)
    : new RetryLater(unclear, `${origin} gave no whole answer: ${what}`);
}
