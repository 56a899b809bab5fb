import { z } from 'zod';
import { RetryLater, TellOperator } from '../../../base/errors.ts';
import type { Bhtom2DestinationConfig } from '../../../config/schema.ts';
import { type HttpAnswer, type HttpClient, parseJson } from '../http.ts';
import { answerFault } from '../target-source.ts';
import { passwordSource, tokenSource } from '../token.ts';

/** An account at BHTOM. */
export interface Bhtom2Account {
  readonly destination: string;
  /** Address of the web server, such as https://bh-tom2.astrouw.edu.pl. */
  readonly url: string;
  /** Gives the token. Rejects with RetryLater, TellOperator. */
  token(signal: AbortSignal): Promise<string>;
  /** The server refused this token: whether the next one may be another. */
  renew(refused: string): boolean;
}

/** The account of a destination: of a token, or of a user whose password gets one when it is first needed. */
export function openAccount(
  destination: Pick<Bhtom2DestinationConfig, 'id' | 'url' | 'tokenFile' | 'tokenEnv' | 'user' | 'passwordFile'>,
  http: HttpClient,
): Bhtom2Account {
  const { id, url, user, passwordFile } = destination;
  if (user === undefined || passwordFile === undefined) {
    const read = tokenSource(destination);
    return { destination: id, url, token: async () => read(), renew: () => false };
  }
  const password = passwordSource(id, passwordFile);
  let held: string | undefined;
  return {
    destination: id,
    url,
    async token(signal) {
      held ??= await fetchToken(id, url, { username: user, password: password() }, http, signal);
      return held;
    },
    renew(refused) {
      if (held === refused) held = undefined;
      return true;
    },
  };
}

const tokenAnswer = z.object({ token: z.string().regex(/^[\x21-\x7e]+$/) });

async function fetchToken(
  destination: string,
  url: string,
  credentials: { readonly username: string; readonly password: string },
  http: HttpClient,
  signal: AbortSignal,
): Promise<string> {
  const answer = await http.json(addressOf(url, '/api/token-auth/'), undefined, credentials, signal);
  requireSameAddress(url, answer);
  const { status, body } = answer;
  const said = tokenAnswer.safeParse(parseJson(body));
  if (status === 200 && said.success) return said.data.token;
  if (status === 400 || status === 401 || status === 403) {
    throw new TellOperator(
      'BHTOM_REFUSES',
      `BHTOM does not know user "${credentials.username}" of destination "${destination}" by this password (HTTP ${status}): correct user or passwordFile.`,
    );
  }
  throw notUnderstood(url, `no token (HTTP ${status})`);
}

/**
 * One call in the name of an account, and one more with a new token where the first is refused and another can be had.
 * @throws RetryLater, TellOperator
 */
export async function asAccount(
  account: Bhtom2Account,
  call: (authorization: string) => Promise<HttpAnswer>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let token = await account.token(signal);
  let answer = await call(`Token ${token}`);
  if (isRefused(answer) && account.renew(token)) {
    token = await account.token(signal);
    answer = await call(`Token ${token}`);
  }
  if (!isRefused(answer)) return answer;
  account.renew(token);
  throw new TellOperator(
    'BHTOM_REFUSES',
    `BHTOM refuses the token of destination "${account.destination}" (HTTP ${answer.status}): ask for a new one and put it in its place.`,
  );
}

const isRefused = ({ status }: HttpAnswer): boolean => status === 401 || status === 403;

/** A path at a server. Every path of BHTOM ends with a slash: without it a POST is redirected and comes back as a GET. */
export const addressOf = (url: string, path: `/${string}/`): string => `${url.replace(/\/+$/, '')}${path}`;

/** @throws TellOperator for an answer that points elsewhere: BHTOM's addresses have changed before. */
export function requireSameAddress(url: string, { status, location }: HttpAnswer): void {
  if (status < 300 || status >= 400) return;
  throw new TellOperator(
    'BHTOM_MOVED',
    `BHTOM has moved from ${url} to ${location ?? 'an unnamed place'}: put the new address in the configuration.`,
  );
}

/** An answer that makes no sense: a proxy's page, a part of a list, another service. */
export function notUnderstood(url: string, what: string): RetryLater {
  return new RetryLater(answerFault, `The answer of ${url} cannot be used: ${what}.`);
}
