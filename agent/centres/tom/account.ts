import { TellOperator } from '../../../base/errors.ts';
import type { TomDestinationConfig } from '../../../config/schema.ts';
import { type HttpAnswer, type HttpClient, parseJson } from '../http.ts';
import { passwordSource, tokenSource } from '../token.ts';

/** An account at a TOM. */
export interface TomAccount {
  readonly destination: string;
  readonly url: string;
  /** The header by which the account is known; throws TellOperator where its secret is not to be had. */
  authorization(): string;
}

/** The account of a destination: a token of Django REST Framework, or a user with a password (HTTP Basic). */
export function tomAccount(
  destination: Pick<TomDestinationConfig, 'id' | 'url' | 'tokenFile' | 'tokenEnv' | 'user' | 'passwordFile'>,
): TomAccount {
  const { id, user, passwordFile } = destination;
  const url = destination.url.replace(/\/+$/, '');
  if (user === undefined || passwordFile === undefined) {
    const token = tokenSource(destination);
    return { destination: id, url, authorization: () => `Token ${token()}` };
  }
  const password = passwordSource(id, passwordFile);
  return {
    ...{ destination: id, url },
    authorization: () => `Basic ${Buffer.from(`${user}:${password()}`).toString('base64')}`,
  };
}

/**
 * One call of a TOM's interface: a POST where there is a body. Every path ends with a slash before its query.
 * @throws RetryLater, TellOperator
 */
export async function callTom(
  { destination, url, authorization }: TomAccount,
  path: `/api/${string}/` | `/api/${string}/?${string}`,
  body: object | undefined,
  http: HttpClient,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await http.json(`${url}${path}`, authorization(), body, signal);
  const { status, location } = answer;
  if (status === 401 || status === 403) {
    throw new TellOperator(
      'TOM_REFUSES',
      `The TOM refuses the account of destination "${destination}" (HTTP ${status}): check its token, or user and password, and what it may do there.`,
    );
  }
  if (status >= 300 && status < 400) {
    throw new TellOperator(
      'TOM_MOVED',
      `The TOM has moved from ${url} to ${location ?? 'an unnamed place'}: put its new address in url.`,
    );
  }
  return answer;
}

/** What a TOM complains of, the texts of its answer by field; undefined where it is no answer of one. */
export function complaintIn(body: string): string | undefined {
  const said = parseJson(body);
  if (typeof said !== 'object' || said === null) return undefined;
  const texts = Object.entries(said).flatMap(([field, value]) => {
    const words = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
    return words.length > 0 ? [`${field}: ${words.join(' ')}`] : [];
  });
  return texts.length === 0 ? undefined : texts.join('; ').slice(0, 500);
}
