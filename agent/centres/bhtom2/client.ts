import { RetryLater, TellOperator } from '../../../base/errors.ts';
import type { HttpAnswer, HttpClient } from '../http.ts';
import { answerFault } from '../target-source.ts';
import type { TokenSource } from '../token.ts';

/** An account at BHTOM. */
export interface Bhtom2Account {
  readonly destination: string;
  /** Address of the web server, such as https://bh-tom2.astrouw.edu.pl. */
  readonly url: string;
  readonly token: TokenSource;
}

/**
 * One call of BHTOM's interface: all of them are POSTs of JSON, and every path ends with a slash (without it the server
 * answers with a redirection, on which a POST becomes a GET). Gives answers below 500 that are not about the account.
 * @throws RetryLater, TellOperator
 */
export async function callBhtom2(
  { destination, url, token }: Bhtom2Account,
  path: `/${string}/`,
  body: object,
  http: HttpClient,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await http.json(`${url.replace(/\/+$/, '')}${path}`, `Token ${token()}`, body, signal);
  const { status, location } = answer;
  if (status === 401 || status === 403) {
    throw new TellOperator(
      'BHTOM_REFUSES',
      `BHTOM refuses the token of destination "${destination}" (HTTP ${status}): ask for a new one and put it in its place.`,
    );
  }
  if (status >= 300 && status < 400) {
    throw new TellOperator(
      'BHTOM_MOVED',
      `BHTOM has moved from ${url} to ${location ?? 'an unnamed place'}: put the new address in the configuration.`,
    );
  }
  return answer;
}

/** An answer that makes no sense: a proxy's page, a part of a list, another service. */
export function notUnderstood(url: string, what: string): RetryLater {
  return new RetryLater(answerFault, `The answer of ${url} cannot be used: ${what}.`);
}
