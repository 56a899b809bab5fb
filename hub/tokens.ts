import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TellOperator } from '../base/errors.ts';

/** The name under which the operator of the hub stands in the token file. */
export const operator = '*';

const shortestToken = 16;

/** Who may speak to the hub. Only digests of the tokens are kept. */
export class Tokens {
  readonly #entries: { site: string; digest: Buffer }[] = [];

  constructor(entries: Iterable<{ site: string; token: string }>) {
    for (const { site, token } of entries) this.#entries.push({ site, digest: digestOf(token) });
  }

  /**
   * The site that a token belongs to, `*` for the operator, undefined when it is nobody's. Every entry is compared, by
   * digest, in constant time, so that the time taken tells nothing of the tokens.
   */
  siteOf(token: string): string | undefined {
    const digest = digestOf(token);
    let site: string | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) site = entry.site;
    return site;
  }

  /** Whether a site of this name has a token. */
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

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
