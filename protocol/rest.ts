import { z } from 'zod';
import { openWord } from './growth.ts';
import { targetMeasurement } from './photometry.ts';
import { observingRequest, requestStates, utc } from './request.ts';

/** The hub's REST interface beside photometry: requests and errors. */

/** The body of POST /v1/requests. The hub makes an id when there is none. */
export const requestSubmission = z.object({
  site: z.string().min(1),
  request: z.looseObject({ ...observingRequest.shape, id: observingRequest.shape.id.optional() }),
});
export type RequestSubmission = z.input<typeof requestSubmission>;

/** What a fulfilled request brought. */
export const requestResult = z.object({
  visitId: z.string().nullable(),
  exposureIds: z.array(z.string()),
  measurements: z.array(targetMeasurement),
});
export type RequestResult = z.infer<typeof requestResult>;

/** A request as the hub shows it. */
export const heldRequest = z.object({
  id: z.string(),
  site: z.string(),
  request: observingRequest,
  state: openWord(requestStates),
  reason: z.string(),
  answer: openWord(['accept', 'decline']).nullable(),
  cancelRequested: z.boolean(),
  acknowledgedAt: utc.nullable().describe('when the site said that it has stored the offer'),
  result: requestResult.nullable(),
  resultParts: z
    .number()
    .int()
    .optional()
    .describe('the rows of a large result are in so many parts, at /v1/requests/{id}/result/{part}, counted from 0'),
  submittedAt: utc,
  stateAt: utc,
});
export type HeldRequest = z.infer<typeof heldRequest>;

export const hubErrorCodes = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'INVALID',
  'CONFLICT',
  'TOO_LARGE',
  'UNSUPPORTED',
  'BUSY',
  'INTERNAL',
] as const;
export type HubErrorCode = (typeof hubErrorCodes)[number];

/** Every answer of the hub that is not a success. */
export const hubError = z.object({
  error: openWord(hubErrorCodes),
  reason: z.string().describe('for people'),
});
export type HubErrorBody = z.infer<typeof hubError>;

/** What GET /v1 says of a hub: what it speaks, and what it can do beyond the first version. */
export const hubDescription = z.object({
  hub: z.string(),
  link: z.object({ oldest: z.number().int(), newest: z.number().int() }).describe('versions of the link'),
  parcels: z.object({ oldest: z.number().int(), newest: z.number().int() }).describe('versions of parcels (`schema`)'),
  capabilities: z.array(z.string()),
});
export type HubDescription = z.infer<typeof hubDescription>;
