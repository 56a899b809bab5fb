import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export interface FakeTomTarget {
  readonly id: number;
  readonly name: string;
  readonly type: 'SIDEREAL' | 'NON_SIDEREAL';
  readonly ra: number | null;
  readonly dec: number | null;
  readonly aliases?: readonly string[];
  /** Shown to the account, which may not add to it. */
  readonly isReadOnly?: boolean;
}

export interface FakeTomOptions {
  readonly authorization: string;
  readonly targets: readonly FakeTomTarget[];
  /**
   * Which data count as the same: `exact` with the same value at the same moment, as older versions have it; `band` any of
   * the same band at the same moment, as the newer ones do, which keep magnitudes in columns of their own.
   */
  readonly sameness: 'exact' | 'band';
  /** Rows a page; none where paging is switched off. */
  readonly pageSize?: number | undefined;
}

export interface StoredDatum {
  readonly target: number;
  readonly data_type: string;
  readonly source_name: string;
  readonly source_location: string;
  readonly timestamp: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly status: number;
  readonly content: unknown;
  readonly location?: string;
}

/** Keys under which a newer version finds a magnitude's parts, whatever the sender calls them. */
const typedKeys = {
  brightness: ['brightness', 'magnitude', 'mag'],
  brightness_error: ['error', 'brightness_error', 'magnitude_error', 'mag_err'],
  bandpass: ['bandpass', 'filter', 'band', 'f'],
} as const;

/**
 * A stand-in for a TOM by the documentation of the TOM Toolkit, with what is known to be odd: a datum gets no number, one
 * that is there already makes the server fail, filters match parts of names and those that it does not know are ignored,
 * a path without its slash is redirected, and times come back in the server's own zone.
 */
export class FakeTom {
  readonly data: StoredDatum[] = [];
  readonly requests: string[] = [];
  readonly #options: FakeTomOptions;
  targets: readonly FakeTomTarget[];
  /** Fails so many times on a POST without having stored anything. */
  failures = 0;

  constructor(options: FakeTomOptions) {
    this.#options = options;
    this.targets = options.targets;
  }

  readonly listener: RequestListener = (request, response) => {
    this.#answer(request).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, { status: 500, content: String(error) }),
    );
  };

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams, search } = new URL(request.url!, 'http://tom');
    this.requests.push(`${request.method} ${pathname}${search}`);
    if (!pathname.endsWith('/')) return { status: 301, content: '', location: `${pathname}/${search}` };
    if (request.headers.authorization !== this.#options.authorization)
      return { status: 401, content: { detail: 'Invalid token.' } };
    const body = Buffer.concat(chunks).toString();
    if (request.method === 'POST' && pathname === '/api/reduceddatums/') return this.#take(JSON.parse(body));
    if (request.method === 'GET' && pathname === '/api/reduceddatums/') return this.#listData(searchParams);
    if (request.method === 'GET' && pathname === '/api/targets/') return this.#listTargets(searchParams);
    return { status: 404, content: '<h1>Not Found</h1>' };
  }

  #take(datum: StoredDatum): Answer {
    if (this.failures > 0) {
      this.failures--;
      return failure;
    }
    const target = this.targets.find(({ id }) => id === datum.target);
    if (!target || target.isReadOnly)
      return { status: 400, content: { target: [`Invalid pk "${datum.target}" - object does not exist.`] } };
    const wrong: Record<string, string[]> = {};
    if (Number.isNaN(Date.parse(datum.timestamp))) wrong.timestamp = ['Datetime has wrong format.'];
    if (datum.source_name.length > 100) wrong.source_name = ['Ensure this field has no more than 100 characters.'];
    if (datum.source_location.length > 200)
      wrong.source_location = ['Ensure this field has no more than 200 characters.'];
    if (Object.keys(wrong).length > 0) return { status: 400, content: wrong };
    if (datum.data_type !== 'photometry' || this.data.some((one) => this.#isSame(one, datum))) return failure;
    this.data.push(datum);
    return {
      status: 201,
      content: { data_product: null, ...this.#shown(datum), message: 'Data successfully uploaded.' },
    };
  }

  #isSame(a: StoredDatum, b: StoredDatum): boolean {
    if (a.target !== b.target || Date.parse(a.timestamp) !== Date.parse(b.timestamp)) return false;
    return this.#options.sameness === 'band'
      ? typed(a.value).bandpass === typed(b.value).bandpass
      : JSON.stringify(a.value) === JSON.stringify(b.value);
  }

  #shown(datum: StoredDatum): object {
    const value = this.#options.sameness === 'band' ? { ...typed(datum.value), unit: '' } : datum.value;
    return { ...datum, value, timestamp: inZoneOfServer(datum.timestamp) };
  }

  #listData(query: URLSearchParams): Answer {
    const name = query.get('target_name')?.toLowerCase();
    const found = this.data.filter(
      ({ target, source_name, data_type }) =>
        String(target) === (query.get('target__id') ?? String(target)) &&
        source_name === (query.get('source_name') ?? source_name) &&
        data_type === (query.get('data_type') ?? data_type) &&
        (name === undefined || this.targets.some((one) => one.id === target && one.name.toLowerCase().includes(name))),
    );
    const newestFirst = found.toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
    return this.#page(
      newestFirst.map((one) => ({ data_product: null, ...this.#shown(one) })),
      query,
    );
  }

  #listTargets(query: URLSearchParams): Answer {
    const name = query.get('name')?.toLowerCase();
    const found = this.targets.filter(
      (one) => name === undefined || [one.name, ...(one.aliases ?? [])].some((n) => n.toLowerCase().includes(name)),
    );
    return this.#page(
      found.map(({ aliases = [], isReadOnly: _, ...rest }) => ({
        ...rest,
        aliases: aliases.map((n) => ({ name: n })),
      })),
      query,
    );
  }

  #page(items: readonly object[], query: URLSearchParams): Answer {
    const { pageSize } = this.#options;
    if (pageSize === undefined) return { status: 200, content: items };
    const page = Number(query.get('page') ?? 1);
    const pages = Math.max(1, Math.ceil(items.length / pageSize));
    if (page > pages) return { status: 404, content: { detail: 'Invalid page.' } };
    return {
      status: 200,
      content: {
        count: items.length,
        // Behind a proxy the server does not know its own address.
        next: page < pages ? `http://tom.internal:8080/api/?page=${page + 1}` : null,
        previous: null,
        results: items.slice((page - 1) * pageSize, page * pageSize),
      },
    };
  }
}

const failure: Answer = { status: 500, content: '<h1>Server Error (500)</h1>' };

function typed(value: Readonly<Record<string, unknown>>) {
  const one = (keys: readonly string[]) => keys.map((key) => value[key]).find((found) => found !== undefined) ?? null;
  return {
    ...{ brightness: one(typedKeys.brightness), brightness_error: one(typedKeys.brightness_error) },
    ...{ bandpass: one(typedKeys.bandpass), telescope: value.telescope ?? '', instrument: value.instrument ?? '' },
  };
}

/** A moment as a server in Warsaw in winter writes it, to the microsecond. */
function inZoneOfServer(timestamp: string): string {
  return new Date(Date.parse(timestamp) + 3_600_000).toISOString().replace('Z', '000+01:00');
}

function send(response: ServerResponse, { status, content, location }: Answer): void {
  const isPage = typeof content === 'string';
  response.writeHead(status, {
    'content-type': isPage ? 'text/html' : 'application/json',
    ...(location && { location }),
  });
  response.end(isPage ? content : JSON.stringify(content));
}
