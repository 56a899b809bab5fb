import type { HttpAnswer, HttpClient } from '../http.ts';
import { addressOf, asAccount, type Bhtom2Account, requireSameAddress } from './account.ts';

/**
 * One call of BHTOM's interface: nearly all of them are POSTs of JSON. Gives answers that are not about the account.
 * @throws RetryLater, TellOperator
 */
export async function callBhtom2(
  account: Bhtom2Account,
  path: `/${string}/`,
  body: object,
  http: HttpClient,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const address = addressOf(account.url, path);
  const answer = await asAccount(account, (authorization) => http.json(address, authorization, body, signal), signal);
  requireSameAddress(account.url, answer);
  return answer;
}
