import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';

/** The name under which the operator of the hub stands in the token file. */
export const operator = '*';

const shortestToken = 16;

/** Who may speak to the hub. */
export interface TokenBook {
  /** The site that a token belongs to, `*` for the operator, undefined when it is nobody's. */
  siteOf(token: string): string | undefined;
  /** Whether a site of this name has a token. */
  knows(site: string): boolean;
}

/** A list of tokens. Only their digests are kept. */
export class Tokens implements TokenBook {
  readonly #entries: { site: string; digest: Buffer }[] = [];

  constructor(entries: Iterable<{ site: string; token: string }>) {
    for (const { site, token } of entries) this.#entries.push({ site, digest: digestOf(token) });
  }

  /** Every entry is compared, by digest, in constant time, so that the time taken tells nothing of the tokens. */
  siteOf(token: string): string | undefined {
    const digest = digestOf(token);
    let site: string | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) site = entry.site;
    return site;
  }

  knows(site: string): boolean {
    return site !== operator && this.#entries.some((entry) => entry.site === site);
  }
}

/**
 * Reads a token file: a line `SITE TOKEN` each, `*` for the operator, empty lines and lines from `#` on left out. A site
 * may have several lines while a token is being changed. Throws TellOperator with every fault listed.
 */
export function readTokens(path: string): Tokens {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TellOperator('TOKEN_FILE', `The token file ${path} cannot be read. Make it, a line "SITE TOKEN" each.`, {
      cause,
    });
  }
  const entries: { site: string; token: string }[] = [];
  const faults: string[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) return;
    const [site, token] = words;
    if (words.length !== 2 || site === undefined || token === undefined) {
      faults.push(`line ${index + 1} is not "SITE TOKEN"`);
    } else if (token.length < shortestToken) {
      faults.push(`line ${index + 1}: the token of "${site}" has fewer than ${shortestToken} characters`);
    } else if (entries.some((entry) => entry.token === token)) {
      faults.push(`line ${index + 1}: the token of "${site}" stands in an earlier line too`);
    } else {
      entries.push({ site, token });
    }
  });
  if (entries.length === 0) faults.push('there is no token in it');
  if (faults.length > 0) throw new TellOperator('TOKEN_FILE', `The token file ${path} is wrong: ${faults.join('; ')}.`);
  return new Tokens(entries);
}

/** A token file is looked at again this often, when somebody calls. */
const lookAgainMs = 1000;

/**
 * The tokens of a file as it stands: a new site or a withdrawn token counts within a second, without a restart. While the
 * file is missing or wrong its last good state counts, and `onFault` is told once. Throws TellOperator when it is wrong
 * from the start.
 */
export function watchedTokens(path: string, clock: Clock, onFault: (error: unknown) => void): TokenBook {
  let tokens = readTokens(path);
  let state = stateOf(path);
  let lookedMs = clock.monotonicMs();
  const current = (): Tokens => {
    if (clock.monotonicMs() - lookedMs < lookAgainMs) return tokens;
    lookedMs = clock.monotonicMs();
    const now = stateOf(path);
    if (now === state) return tokens;
    state = now;
    try {
      tokens = readTokens(path);
    } catch (error) {
      onFault(error);
    }
    return tokens;
  };
  return { siteOf: (token) => current().siteOf(token), knows: (site) => current().knows(site) };
}

/** What changes when a file does. */
function stateOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
