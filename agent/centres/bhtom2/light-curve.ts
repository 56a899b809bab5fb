import type { ArchivePoint } from '../../../pipeline/targets/archive.ts';
import { type HttpClient, parseJson } from '../http.ts';
import type { ArchiveLightCurve } from '../target-source.ts';
import { type Bhtom2Account, notUnderstood } from './account.ts';
import { callBhtom2 } from './client.ts';

/**
 * The light curve that BHTOM's archive has of a target, in the order of time; undefined where it knows no target of the
 * name. The table is a file of `MJD;Magnitude;Error;Facility;Filter;Observer` lines, below some that begin with `#` and
 * say how to acknowledge the data. It is believed when every line is whole, the last one too.
 */
export async function fetchLightCurve(
  account: Bhtom2Account,
  name: string,
  http: HttpClient,
  signal: AbortSignal,
): Promise<ArchiveLightCurve | undefined> {
  const { status, body } = await callBhtom2(account, '/targets/download-photometry/', { name }, http, signal);
  if (status === 404 || isUnknownTarget(body)) return undefined;
  if (status !== 200) throw notUnderstood(account.url, `no light curve (HTTP ${status})`);
  return parseLightCurve(body, account.url);
}

/** The server wraps what went wrong in its own sentence, under a key that is spelt in more than one way. */
function isUnknownTarget(body: string): boolean {
  const said = parseJson(body);
  return typeof said === 'object' && said !== null && /does not exist|not found/i.test(Object.values(said).join(' '));
}

const columns = ['MJD', 'Magnitude', 'Error', 'Filter'] as const;

/** Reads the table; rows whose numbers mean nothing are left out. Throws RetryLater for one that is not whole. */
export function parseLightCurve(text: string, url: string): ArchiveLightCurve {
  const all = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const said = all.filter((line) => line.startsWith('#')).map((line) => line.slice(1).trim());
  const [head = '', ...lines] = all.filter((line) => !line.startsWith('#'));
  const names = head.split(';');
  const [mjdAt, magAt, errorAt, filterAt] = columns.map((name) => names.indexOf(name)) as [
    number,
    number,
    number,
    number,
  ];
  if ([mjdAt, magAt, errorAt, filterAt].includes(-1)) throw notUnderstood(url, 'it is no light curve');
  if (lines.pop() !== '') throw notUnderstood(url, 'the light curve ends within a line');
  const points: ArchivePoint[] = [];
  for (const line of lines) {
    const cells = line.split(';');
    if (cells.length !== names.length) throw notUnderstood(url, 'a line of the light curve is not whole');
    const mjd = numberIn(cells[mjdAt]!);
    const mag = numberIn(cells[magAt]!);
    if (!(mjd > 15_000 && mjd < 150_000 && mag > -30 && mag < 40)) continue;
    points.push({ mjd, mag, magErr: errorOf(cells[errorAt]!), band: bandOf(cells[filterAt]!) });
  }
  const acknowledgement = said.length > 0 ? said.join(' ') : undefined;
  return { points: points.sort((a, b) => a.mjd - b.mjd), acknowledgement };
}

/** Errors of -1 and 1 stand for a limit, as do those that no measurement has; a detection may lack its error. */
function errorOf(cell: string): number {
  const value = numberIn(cell);
  if (value < 0 || value >= 1) return Number.NaN;
  return value > 0 ? value : unknownErrorMag;
}
const unknownErrorMag = 0.1;

const numberIn = (cell: string): number => (cell.trim() === '' ? Number.NaN : Number(cell));

/** `V(GaiaSP)` and `GaiaSP/V` are our V; bands of other surveys keep their names, since they differ a little. */
export function bandOf(filter: string): string {
  const text = filter.trim();
  const match = /^(\w+)\((\w+)\)$/.exec(text) ?? /^(?<survey>\w+)\/(?<band>\w+)$/.exec(text);
  const band = match?.groups?.band ?? match?.[1];
  const survey = match?.groups?.survey ?? match?.[2];
  if (!band || !/^Gaia(SP|DR3)$/i.test(survey ?? '')) return text;
  return { GBP: 'BP', GRP: 'RP' }[band] ?? band;
}
