import { z } from 'zod';
import { parcelName, parcelReceipt } from './photometry.ts';
import { hubError } from './rest.ts';

/**
 * Many parcels in one call, each taken or refused by itself. Two lines for each parcel: its name, then its JSON as it
 * would be the body of a PUT, to the byte, for the receipt carries the checksum of it.
 */

/** The capability of a hub that takes `PUT /v1/photometry`. */
export const photometryBatches = 'batches';
export const batchContentType = 'application/x-ndjson';
/** No more parcels than this in one batch; its bytes are limited as those of a parcel. */
export const mostBatchParcels = 500;

export const batchName = z.object({ key: parcelName, revision: parcelName });
export type BatchName = z.infer<typeof batchName>;

/** What became of one parcel of a batch: the receipt or the refusal that a PUT of it alone would have had. */
export const batchOutcome = z.object({
  status: z.number().int().describe('as HTTP has it: 201 accepted, 200 duplicate, 400 and above refused'),
  receipt: parcelReceipt.optional(),
  refusal: hubError.optional(),
});
export type BatchOutcome = z.infer<typeof batchOutcome>;

/** The answer to a batch: an outcome for each parcel, in the order they were sent. */
export const batchAnswer = z.object({ outcomes: z.array(batchOutcome) });
export type BatchAnswer = z.infer<typeof batchAnswer>;

/** Writes a batch of parcels, each given as its JSON. */
export function batchOf(parcels: readonly (BatchName & { readonly json: string })[]): string {
  return parcels.map(({ key, revision, json }) => `${JSON.stringify({ key, revision })}\n${json}\n`).join('');
}
