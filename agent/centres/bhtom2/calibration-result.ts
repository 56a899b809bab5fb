import { z } from 'zod';
import { type HttpClient, parseJson } from '../http.ts';
import { type Bhtom2Account, notUnderstood } from './account.ts';
import { callBhtom2 } from './client.ts';

/** What BHTOM made of an upload, once it is done with it. Magnitudes are those of `survey` and `band`. */
export interface CalibrationResult {
  readonly uploadId: string;
  readonly isCalibrated: boolean;
  readonly message: string;
  readonly mag: number | null;
  /** Null of a limit. */
  readonly magErr: number | null;
  readonly isLimit: boolean;
  readonly zeroPoint: number | null;
  readonly scatter: number | null;
  readonly nStars: number | null;
  readonly survey: string | null;
  readonly band: string | null;
}

const numberOrNull = z.number().nullish().catch(null);
const text = z.string().nullish().catch(null);
const row = z.looseObject({
  dataproduct: z.union([z.number(), z.string(), z.looseObject({ id: z.union([z.number(), z.string()]) })]),
  status: z.string(),
  status_message: text,
  mag: numberOrNull,
  mag_error: numberOrNull,
  zeropoint: numberOrNull,
  scatter: numberOrNull,
  npoints: numberOrNull,
  best_filter: text,
  survey: text,
});
const page = z.object({ num_pages: z.number().int(), current_page: z.number().int(), data: z.array(z.unknown()) });

/** Asked for at once, half a page of the server's. */
const mostIds = 100;

/**
 * The results of uploads by their ids; those that the server still works on, or does not know yet, are absent.
 * @throws RetryLater, TellOperator
 */
export async function fetchResults(
  account: Bhtom2Account,
  uploadIds: readonly string[],
  http: HttpClient,
  signal: AbortSignal,
): Promise<Map<string, CalibrationResult>> {
  const results = new Map<string, CalibrationResult>();
  for (let start = 0; start < uploadIds.length; start += mostIds) {
    const calibid = uploadIds.slice(start, start + mostIds).map(Number);
    const wanted = { calibid, getPlot: false, page: 1 };
    const { status, body } = await callBhtom2(account, '/calibration/get-calibration-res/', wanted, http, signal);
    const found = page.safeParse(parseJson(body));
    if (status !== 200 || !found.success || found.data.current_page !== 1) {
      throw notUnderstood(account.url, `no page of results (HTTP ${status})`);
    }
    for (const item of found.data.data) {
      const result = resultOf(item);
      if (result && uploadIds.includes(result.uploadId)) results.set(result.uploadId, result);
    }
  }
  return results;
}

/** Of a row with its end in it (S, E); undefined of one that waits (C, P), and of an error that stands in its place. */
function resultOf(item: unknown): CalibrationResult | undefined {
  const { success, data } = row.safeParse(item);
  if (!success || (data.status !== 'S' && data.status !== 'E')) return undefined;
  const { dataproduct, mag_error: error } = data;
  // Errors of -1 and 1 stand for a limit.
  const isLimit = error === -1 || error === 1;
  return {
    uploadId: String(typeof dataproduct === 'object' ? dataproduct.id : dataproduct),
    isCalibrated: data.status === 'S',
    message: data.status_message ?? '',
    mag: data.mag ?? null,
    magErr: isLimit ? null : (error ?? null),
    isLimit,
    zeroPoint: data.zeropoint ?? null,
    scatter: data.scatter ?? null,
    nStars: data.npoints ?? null,
    survey: data.survey ?? null,
    band: data.best_filter ?? null,
  };
}
