import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** What may go wrong with one upload; each is used once, in order. */
export type UploadFault =
  /** The connection breaks before, or after, the upload was stored. */
  | 'cut before'
  | 'cut after'
  /** HTTP 500 before, or after, it was stored. */
  | 'failed before'
  | 'failed after'
  | 'page of a proxy'
  | 'disabled'
  | 'error with 200'
  | 'old error with 200'
  | 'busy'
  | 'none';

export interface FakeCamera {
  readonly id: number;
  readonly oname: string;
  readonly isActive: boolean;
  /** Users who have it among their favourites. */
  readonly favouriteOf: readonly string[];
}

export interface FakeBhtom2Options {
  readonly nowMs: () => number;
  readonly user: string;
  readonly password: string;
  readonly cameras: readonly FakeCamera[];
  readonly targets: readonly string[];
  /** Uploads show up in look-ups and results so late. */
  readonly showsAfterMs: number;
  readonly calibratesAfterMs: number;
  /** Added to MAG_AUTO of the target by the calibration. */
  readonly zeroPoint: number;
  readonly bestBand: string;
}

export interface StoredUpload {
  readonly id: number;
  /** As stored: with a number before the name that was sent. */
  readonly name: string;
  readonly sentName: string;
  readonly fields: Readonly<Record<string, string[]>>;
  /** The catalogue of stars, or the table of points. */
  readonly content: string;
  readonly storedAtMs: number;
}

interface Answer {
  readonly status: number;
  readonly content: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const requiredColumns = ['MAG_AUTO', 'MAGERR_AUTO', 'ALPHA_J2000', 'DELTA_J2000'];
const knownFilter = /^(GaiaSP\/(u|g|r|i|z|U|B|V|R|I|any|ugriz|UBVRI)|GaiaDR3\/(any|G|GBP|GRP)|2MASS\/(J|H|K|any)|no)$/;

/**
 * A stand-in for BHTOM's web server and upload service in one, by what is known of the real ones: what it stores, when
 * it shows it, what it makes of it, and everything that it is known to do oddly.
 */
export class FakeBhtom2 {
  readonly uploads: StoredUpload[] = [];
  readonly faults: UploadFault[] = [];
  /** Correlation ids that came, in order. */
  readonly correlationIds: string[] = [];
  readonly requests: string[] = [];
  token = 'first-token';
  password: string;
  readonly cameras: FakeCamera[];
  #options: FakeBhtom2Options;

  constructor(options: FakeBhtom2Options) {
    this.#options = options;
    this.password = options.password;
    this.cameras = [...options.cameras];
  }

  /** Lets it behave otherwise from now on. */
  change(changes: Partial<FakeBhtom2Options>): void {
    this.#options = { ...this.#options, ...changes };
  }

  /** Names that were stored more than once. */
  doubled(): string[] {
    const names = this.uploads.map(({ sentName }) => sentName);
    return names.filter((name, i) => names.indexOf(name) !== i);
  }

  readonly listener: RequestListener = (request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = request.url ?? '';
    this.requests.push(`${request.method} ${path}`);
    if (!path.endsWith('/')) return send(response, { status: 301, content: '', headers: { location: `${path}/` } });
    if (request.method !== 'POST') return send(response, json(405, { detail: 'Method not allowed.' }));
    if (path === '/api/token-auth/') return send(response, this.#tokenFor(body));
    if (request.headers.authorization !== `Token ${this.token}`) {
      return send(response, json(401, { detail: 'Invalid token.' }));
    }
    if (path === '/upload/') return this.#upload(request, body, response);
    send(response, this.#ask(path, JSON.parse(body.toString() || '{}') as Record<string, unknown>));
  }

  #tokenFor(body: Buffer): Answer {
    const { username, password } = JSON.parse(body.toString()) as Record<string, string>;
    const isRight = username === this.#options.user && password === this.password;
    return isRight
      ? json(200, { token: this.token })
      : json(400, { non_field_errors: ['Unable to log in with provided credentials.'] });
  }

  async #upload(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    this.correlationIds.push(String(request.headers['correlation-id']));
    const fault = this.faults.shift() ?? 'none';
    switch (fault) {
      case 'cut before':
        return void request.socket.destroy();
      case 'failed before':
        return send(response, { status: 500, content: '<h1>Server Error (500)</h1>', type: 'text/html' });
      case 'page of a proxy':
        return send(response, { status: 502, content: '<html>Bad Gateway</html>', type: 'text/html' });
      case 'disabled':
        return send(response, json(400, { detail: 'Uploads are temporarily disabled.' }));
      case 'error with 200':
        return send(response, json(200, { non_field_errors: ["Target 'X' does not exist."] }));
      case 'old error with 200':
        return send(response, json(200, { target: ["Target 'X' does not exist in the bhtom."] }));
      case 'busy':
        return send(response, { status: 429, content: '', headers: { 'retry-after': '1' } });
    }
    const form = await new Response(body as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': String(request.headers['content-type']) },
    }).formData();
    const answer = await this.#store(form);
    if (fault === 'cut after') return void request.socket.destroy();
    if (fault === 'failed after') return send(response, { status: 500, content: 'late failure' });
    send(response, answer);
  }

  async #store(form: FormData): Promise<Answer> {
    const { targets, nowMs } = this.#options;
    const fields: Record<string, string[]> = {};
    const files: File[] = [];
    for (const [name, value] of form) {
      if (typeof value === 'string') fields[name] = [...(fields[name] ?? []), value];
      else files.push(value);
    }
    const refuse = (text: string) => json(400, { non_field_errors: [text] });
    const one = (name: string) => fields[name]?.[0] ?? '';
    if (files.length !== 1) return refuse('Exactly one file is expected.');
    const isCsv = one('data_product_type') === 'photometry_csv';
    if (!isCsv && one('data_product_type') !== 'photometry') return refuse('Unknown data product type.');
    if (!targets.includes(one('target'))) return refuse(`Target '${one('target')}' does not exist.`);
    if (!isCsv) {
      const reason = this.#refusalOfCatalogue(one);
      if (reason) return refuse(reason);
    }
    const id = 1_454_270 + this.uploads.length;
    const file = files[0]!;
    const stem = file.name.replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9_]/g, '_');
    const name = `${id % 1000}_${stem}.${isCsv ? 'csv' : 'dat'}`;
    if (one('dry_run') !== 'True') {
      this.uploads.push({
        ...{ id, name, sentName: file.name, fields },
        content: await file.text(),
        storedAtMs: nowMs(),
      });
    }
    return json(201, {
      Success: [{ 'file name:': name, id: String(id), message: 'Received photometry file.' }],
    });
  }

  /** A table of points names its facility in free words; instrumental photometry needs a camera, a filter, a time. */
  #refusalOfCatalogue(one: (name: string) => string): string | undefined {
    const { user } = this.#options;
    const camera = this.cameras.find(({ oname }) => oname === one('observatory'));
    if (!camera?.favouriteOf.includes(user)) return "Observatory with camera doesn't exist on your list";
    if (!camera.isActive) return 'Camera is not active.';
    if (!knownFilter.test(one('filter'))) return 'Wrong filter.';
    const isTimed = one('mjd') !== '' && Number.isFinite(Number(one('mjd')));
    return isTimed ? undefined : 'mjd is required for photometry.';
  }

  #ask(path: string, body: Record<string, unknown>): Answer {
    const { showsAfterMs, nowMs } = this.#options;
    const { cameras } = this;
    const shown = this.uploads.filter(({ storedAtMs }) => nowMs() - storedAtMs >= showsAfterMs);
    switch (path) {
      case '/common/api/data/': {
        if ('filter' in body || 'mag_min' in body) return { status: 500, content: 'FieldError' };
        const part = String(body.photometry_data ?? '');
        const data = shown
          .filter(({ name, fields }) => name.includes(part) && fields.data_product_type?.[0] === body.data_product_type)
          .map(({ id, name }) => ({ id, data: `photometry/${name}` }));
        return json(200, pageOf(data, 500, body));
      }
      case '/calibration/get-calibration-res/': {
        if ('filename' in body) return json(400, { detail: 'more than one file of this name' });
        const data = ((body.calibid as number[]) ?? []).map((wanted) => {
          const upload = shown.find(({ id }) => id === wanted);
          return upload ? this.#calibrationOf(upload) : { Error: `File with id ${wanted} does not exist` };
        });
        return json(200, pageOf(data, 200, body));
      }
      case '/observatory/getObservatoryList/':
        // The whole list, whatever page is asked for.
        return json(200, {
          ...{ count: 1, num_pages: 1, current_page: 1 },
          data: [
            {
              ...{ id: 7, name: 'HILL', calibration_flg: false },
              cameras: cameras.map(({ id, oname, isActive }) => ({ id, prefix: oname, active_flg: isActive })),
            },
          ],
        });
      case '/observatory/getFavouriteObservatory/': {
        const data = cameras.flatMap(({ id, favouriteOf }) => favouriteOf.map(() => ({ camera: id })));
        return json(200, pageOf(data, 200, body));
      }
      case '/observatory/addFavouriteObservatory/': {
        const at = cameras.findIndex(({ oname }) => oname === body.oname);
        if (at < 0) return json(404, { detail: 'Observatory not found' });
        const { user } = this.#options;
        const camera = cameras[at]!;
        if (camera.favouriteOf.includes(user)) return json(404, 'Observatory already exists in yours favourite list');
        cameras[at] = { ...camera, favouriteOf: [...camera.favouriteOf, user] };
        return json(201, {});
      }
    }
    return { status: 404, content: '<!doctype html><h1>Not Found</h1>', type: 'text/html' };
  }

  #calibrationOf({ id, storedAtMs, content }: StoredUpload): object {
    const { calibratesAfterMs, zeroPoint, bestBand, nowMs } = this.#options;
    const empty = { mag: null, mag_error: null, zeropoint: null, scatter: null, npoints: null, best_filter: null };
    const common = { dataproduct: id, survey: 'GaiaSP', status_message: '', plot: null, ...empty };
    const agoMs = nowMs() - storedAtMs;
    if (agoMs < calibratesAfterMs) return { ...common, status: agoMs < calibratesAfterMs / 2 ? 'C' : 'P' };
    const stars = readAsciiHead(content);
    // Wrong content was taken, and fails only now.
    if (!stars || stars.length < 5) return { ...common, status: 'E', status_message: 'Failed to match' };
    const own = stars.find(({ NUMBER }) => NUMBER === 999_999);
    const good = { zeropoint: zeroPoint, scatter: 0.02, npoints: stars.length, best_filter: bestBand };
    const faintest = Math.max(...stars.map(({ MAG_AUTO }) => MAG_AUTO!));
    return own
      ? { ...common, ...good, status: 'S', mag: own.MAG_AUTO! + zeroPoint, mag_error: own.MAGERR_AUTO }
      : { ...common, ...good, status: 'S', mag: faintest + zeroPoint, mag_error: -1 };
  }
}

/** A page; beyond the last one comes the last one. */
function pageOf(items: readonly object[], size: number, body: Record<string, unknown>): object {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const page = Math.min(Number(body.page ?? 1), pages);
  return {
    ...{ count: items.length, num_pages: pages, current_page: page },
    data: items.slice((page - 1) * size, page * size),
  };
}

/** SExtractor's ASCII_HEAD as rows; undefined without the columns that a calibration needs. */
function readAsciiHead(text: string): Record<string, number>[] | undefined {
  const lines = text.split('\n');
  const names = lines.flatMap((line) => /^#\s*\d+\s+(\S+)/.exec(line)?.[1] ?? []);
  if (!requiredColumns.every((name) => names.includes(name))) return undefined;
  const rows = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return rows.map((row) =>
    Object.fromEntries(
      row
        .trim()
        .split(/\s+/)
        .map((cell, i) => [names[i], Number(cell)]),
    ),
  );
}

const json = (status: number, value: unknown): Answer => ({
  ...{ status, content: JSON.stringify(value), type: 'application/json' },
});

function send(response: ServerResponse, { status, content, type = 'text/plain', headers }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(content), ...headers });
  response.end(content);
}
