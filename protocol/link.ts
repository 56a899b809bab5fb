import { z } from 'zod';
import { targetMeasurement } from './photometry.ts';
import { observingRequest, requestState } from './request.ts';

/**
 * The messages of the WebSocket between a site and a hub. The agent dials out, the token in the upgrade header.
 * A push is a hint, the stored list is the truth: everything the hub says of requests carries a sequence number, the
 * agent stores the last one it has dealt with and says it in `hello`, and the hub replays what came after.
 */

export const linkProtocol = 'bhtom-edge.v1';
/** No message is longer than this. */
export const maxMessageBytes = 256 * 1024;

const seq = z.number().int().nonnegative().describe("the hub's sequence number for this site");
const requestId = z.string().min(1).max(64);

export const agentMessage = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('hello'),
      site: z.string(),
      software: z.string(),
      cursor: seq.describe('the last message dealt with; 0 at first'),
      instruments: z.array(
        z
          .object({ id: z.string(), oname: z.string().nullable(), robotic: z.boolean(), filters: z.array(z.string()) })
          .strict(),
      ),
    })
    .strict(),
  z.object({ type: z.literal('ack'), seq }).strict(),
  z.object({ type: z.literal('accept'), requestId }).strict(),
  z.object({ type: z.literal('decline'), requestId, reason: z.string() }).strict(),
  z
    .object({
      type: z.literal('progress'),
      requestId,
      visitId: z.string(),
      state: requestState,
      note: z.string(),
    })
    .strict(),
  z
    .object({
      type: z.literal('done'),
      requestId,
      visitId: z.string().nullable(),
      state: requestState,
      reason: z.string(),
      exposureIds: z.array(z.string()),
      measurements: z.array(targetMeasurement),
    })
    .strict(),
]);
export type AgentMessage = z.infer<typeof agentMessage>;

export const hubMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), hub: z.string(), serverTimeMs: z.number() }).strict(),
  z.object({ type: z.literal('offer'), seq, request: observingRequest }).strict(),
  z.object({ type: z.literal('cancel'), seq, requestId, reason: z.string() }).strict(),
  z
    .object({ type: z.literal('noted'), requestId, state: requestState })
    .strict()
    .describe('the hub has stored what the agent said of this request'),
  z.object({ type: z.literal('error'), reason: z.string() }).strict(),
]);
export type HubMessage = z.infer<typeof hubMessage>;
