import { z } from 'zod';
import { type HttpClient, parseJson } from '../http.ts';
import { type Bhtom2Account, notUnderstood } from './account.ts';
import { callBhtom2 } from './client.ts';
import type { UploadType } from './upload-form.ts';

const dataPage = z.object({
  count: z.number().int().min(0),
  data: z.array(z.looseObject({ id: z.union([z.number(), z.string()]) })),
});

/**
 * The id of the upload with this file name; undefined where the server knows none (yet: it shows uploads late). The
 * server matches parts of names, and the stem stands in no other one, so the first page says all.
 * @throws RetryLater, TellOperator
 */
export async function findUpload(
  account: Bhtom2Account,
  stem: string,
  type: UploadType,
  http: HttpClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const wanted = { data_product_type: type, photometry_data: stem, page: 1 };
  const { status, body } = await callBhtom2(account, '/common/api/data/', wanted, http, signal);
  const found = dataPage.safeParse(parseJson(body));
  if (status !== 200 || !found.success) throw notUnderstood(account.url, `no page of uploads (HTTP ${status})`);
  const { count, data } = found.data;
  const own = data.find((item) => JSON.stringify(item).includes(stem));
  if (own) return String(own.id);
  if (count > 0 || data.length > 0) throw notUnderstood(account.url, 'uploads of other names were shown');
  return undefined;
}
