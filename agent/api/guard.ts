import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Sent with every answer: nothing but what this server sends is loaded or run, nobody frames the page, and nothing of it
 * stays in caches that others read.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Why a call is not answered: an HTTP status and words for a person. */
export interface PageRefusal {
  readonly status: number;
  readonly words: string;
}

/**
 * Who may call. A page of a stranger that has its own name point at this computer (DNS rebinding) is known by the name that
 * the browser calls, and one that calls from outside by its origin.
 */
export class PageGuard {
  readonly #names: ReadonlySet<string>;
  readonly #token: string | undefined;

  /** `names`: by which this computer may be called, beside localhost and addresses. `token`: the password, where one is needed. */
  constructor(names: readonly string[], token: string | undefined) {
    this.#names = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
    this.#token = token;
  }

  refusal(request: IncomingMessage): PageRefusal | undefined {
    const { host, origin, authorization } = request.headers;
    const called =
      URL.parse(`http://${host ?? ''}`)
        ?.hostname.toLowerCase()
        .replace(/^\[|\]$/g, '') ?? '';
    if (isIP(called) === 0 && !this.#names.has(called)) {
      return { status: 421, words: `This computer is not called "${called}" in its configuration (page.names).` };
    }
    if (origin !== undefined && URL.parse(origin)?.host !== host) {
      return { status: 403, words: 'Pages of other origins may not ask here.' };
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, words: 'There is nothing here that could be changed.' };
    }
    if (this.#token !== undefined && !isSame(passwordOf(authorization), this.#token)) {
      return { status: 401, words: 'The password of this page is needed.' };
    }
    return undefined;
  }
}

function passwordOf(authorization = ''): string {
  const [, kind, words] = /^(Basic|Bearer) (\S+)$/i.exec(authorization) ?? [];
  if (words === undefined) return '';
  if (kind!.toLowerCase() === 'bearer') return words;
  const text = Buffer.from(words, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
