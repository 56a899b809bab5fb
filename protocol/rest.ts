import { z } from 'zod';
import { targetMeasurement } from './photometry.ts';
import { observingRequest, requestState, utc } from './request.ts';

/** The hub's REST interface beside photometry: requests and errors. */

/** The body of POST /v1/requests. The hub makes an id when there is none. */
export const requestSubmission = z
  .object({
    site: z.string().min(1),
    request: z.object({ ...observingRequest.shape, id: observingRequest.shape.id.optional() }).strict(),
  })
  .strict();
export type RequestSubmission = z.input<typeof requestSubmission>;

/** What a fulfilled request brought. */
export const requestResult = z
  .object({
    visitId: z.string().nullable(),
    exposureIds: z.array(z.string()),
    measurements: z.array(targetMeasurement),
  })
  .strict();
export type RequestResult = z.infer<typeof requestResult>;

/** A request as the hub shows it. */
export const heldRequest = z
  .object({
    id: z.string(),
    site: z.string(),
    request: observingRequest,
    state: requestState,
    reason: z.string(),
    answer: z.enum(['accept', 'decline']).nullable(),
    cancelRequested: z.boolean(),
    acknowledgedAt: utc.nullable().describe('when the site said that it has stored the offer'),
    result: requestResult.nullable(),
    submittedAt: utc,
    stateAt: utc,
  })
  .strict();
export type HeldRequest = z.infer<typeof heldRequest>;

/** Every answer of the hub that is not a success. */
export const hubError = z
  .object({
    error: z.enum(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'INVALID', 'CONFLICT', 'TOO_LARGE', 'INTERNAL']),
    reason: z.string().describe('for people'),
  })
  .strict();
export type HubErrorBody = z.infer<typeof hubError>;
