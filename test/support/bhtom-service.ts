import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** What a stand-in for BHTOM holds and how it behaves; it answers in the formats of the real server. */
export interface BhtomBehaviour {
  readonly token: string;
  readonly targets: readonly object[];
  readonly pageSize: number;
  /** Light curves by name, as the lines behind the header. */
  readonly lightCurves: Readonly<Record<string, readonly string[]>>;
  /** Answers in the place of the server, when it returns true. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse, body: Record<string, unknown>) => boolean;
}

/** A target as the list shows it: some of the many fields of the real one. */
export function bhtomTarget(name: string, ra: number | null, dec: number | null, more: object = {}): object {
  return {
    ...{
      name,
      type: 'SIDEREAL',
      ra,
      dec,
      epoch: 2000,
      classification: 'Unknown',
      discovery_date: null,
      mjd_last: 61000.1,
    },
    ...{ mag_last: 17.2, filter_last: 'G(GAIA)', importance: 9.98, cadence: 1, priority: 3.2, sun_separation: 112 },
    ...{ has_optical: true, description: '', aliases: [['Gaia Alerts', name]], groups: [], ...more },
  };
}

export const photometryHeader = 'MJD;Magnitude;Error;Facility;Filter;Observer';
export const bhtomAcknowledgement = [
  'By downloading the data you agree to use this acknowledgment:',
  'The data was obtained via BHTOM (https://bhtom.space).',
];

export function bhtomService(behaviour: BhtomBehaviour, seen: string[] = []): RequestListener {
  return (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${text}`);
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      if (behaviour.instead?.(request, response, body)) return;
      const { status, content, type } = answer(request, body, behaviour);
      const bytes = Buffer.from(content);
      response.writeHead(status, { 'content-type': type, 'content-length': bytes.length });
      response.end(bytes);
    });
  };
}

interface Said {
  readonly status: number;
  readonly content: string;
  readonly type: string;
}

const json = (status: number, value: unknown): Said => ({
  ...{ status, content: JSON.stringify(value), type: 'application/json' },
});

function answer(request: IncomingMessage, body: Record<string, unknown>, behaviour: BhtomBehaviour): Said {
  if (request.headers.authorization !== `Token ${behaviour.token}`) return json(401, { detail: 'Invalid token.' });
  if (request.method !== 'POST') return json(405, { detail: `Method "${request.method}" not allowed.` });
  if (request.url === '/targets/getTargetList/') {
    const { targets, pageSize } = behaviour;
    const pages = Math.max(1, Math.ceil(targets.length / pageSize));
    // As the real one: a page beyond the last is the last.
    const page = Math.min(Number(body.page ?? 1), pages);
    const data = targets.slice((page - 1) * pageSize, page * pageSize);
    return json(200, { count: targets.length, num_pages: pages, current_page: page, data });
  }
  if (request.url === '/targets/download-photometry/') {
    const lines = behaviour.lightCurves[String(body.name)];
    if (!lines) return json(500, { Error: 'Something went wrongTarget matching query does not exist.' });
    return {
      status: 200,
      content: [...bhtomAcknowledgement.map((line) => `#${line}`), photometryHeader, ...lines, ''].join('\n'),
      type: 'text/csv',
    };
  }
  return { status: 404, content: '<!doctype html><h1>Not Found</h1>', type: 'text/html' };
}
