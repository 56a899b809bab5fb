import { RetryLater, TellOperator } from '../../../base/errors.ts';
import type { HttpAnswer, HttpClient } from '../../centres/http.ts';

/**
 * Posts JSON to a notice service and takes its answer.
 * @throws RetryLater when it was not reached, is busy or broken
 * @throws TellOperator when it refuses; the address is told without its path, where some services keep a secret
 */
export async function postNotice(
  http: Pick<HttpClient, 'json'>,
  channel: string,
  url: string,
  authorization: string | undefined,
  body: object,
  signal: AbortSignal,
): Promise<void> {
  const { status, body: answer } = await http.json(url, authorization, body, signal);
  if (status >= 200 && status < 300) return;
  const said = `${new URL(url).origin} answered HTTP ${status}${saying({ body: answer })}`;
  if (status >= 500) throw new RetryLater('NOTICE_SERVICE', `Notice channel "${channel}": ${said}.`);
  const remedy =
    status === 401 || status === 403 || status === 404
      ? 'Look at its address and its token'
      : 'Look at its configuration';
  throw new TellOperator('NOTICE_REFUSED', `Notice channel "${channel}": ${said}. ${remedy}.`);
}

/** The beginning of what a service says, on one line. */
function saying({ body }: Pick<HttpAnswer, 'body'>): string {
  const words = body.replace(/\s+/g, ' ').trim().slice(0, 120);
  return words === '' ? '' : `: ${words}`;
}
