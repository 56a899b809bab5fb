import { z } from 'zod';
import { commonVersion, openWord, type VersionRange } from './growth.ts';
import { targetMeasurement } from './photometry.ts';
import { observingRequest, requestStates } from './request.ts';

/**
 * The messages of the WebSocket between a site and a hub. The agent dials out, the token in the upgrade header.
 * A push is a hint, the stored list is the truth: everything the hub says of requests carries a sequence number, the
 * agent stores the last one it has dealt with and says it in `hello`, and the hub replays what came after.
 */

/**
 * The versions of the link that this program speaks. Readers of version 1 were strict, so nothing may be added to it;
 * since version 2 readers ignore what they do not know.
 */
export const linkVersions: VersionRange = { oldest: 1, newest: 2 };

/** The WebSocket subprotocol of a version. An agent offers those of all versions it speaks; the hub takes one. */
export function subprotocolOf(version: number): string {
  return `bhtom-edge.v${version}`;
}

/** The subprotocols that an agent offers, the newest first. */
export function subprotocolsOf({ oldest, newest }: VersionRange): string[] {
  return Array.from({ length: newest - oldest + 1 }, (_, index) => subprotocolOf(newest - index));
}

/** The version that a subprotocol names; undefined for one that is none of ours. */
export function versionOf(subprotocol: string): number | undefined {
  const digits = /^bhtom-edge\.v(\d{1,6})$/.exec(subprotocol)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The version to speak, of the subprotocols offered: the newest that both know; undefined when there is none. */
export function chooseVersion(offered: Iterable<string>, ours: VersionRange = linkVersions): number | undefined {
  return commonVersion(
    ours,
    [...offered].flatMap((name) => versionOf(name) ?? []),
  );
}

/** The capability of a hub that takes a result in several messages `result` before `done`. */
export const resultParts = 'parts';

/** No message is longer than this. */
export const maxMessageBytes = 256 * 1024;

const seq = z.number().int().nonnegative().describe("the hub's sequence number for this site");
const requestId = z.string().min(1).max(64);
const state = openWord(requestStates);
const versions = z
  .object({ oldest: z.number().int(), newest: z.number().int() })
  .optional()
  .describe('versions of the link that the sender speaks; since version 2');
const capabilities = z
  .array(z.string())
  .optional()
  .describe('what the sender can do beyond what every speaker of this version can; since version 2');

export const agentMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    site: z.string(),
    software: z.string(),
    versions,
    capabilities,
    cursor: seq.describe('the last message dealt with; 0 at first'),
    instruments: z.array(
      z.object({ id: z.string(), oname: z.string().nullable(), robotic: z.boolean(), filters: z.array(z.string()) }),
    ),
  }),
  z.object({ type: z.literal('ack'), seq }),
  z.object({ type: z.literal('accept'), requestId }),
  z.object({ type: z.literal('decline'), requestId, reason: z.string() }),
  z.object({ type: z.literal('progress'), requestId, visitId: z.string(), state, note: z.string() }),
  z.object({
    type: z.literal('done'),
    requestId,
    visitId: z.string().nullable(),
    state,
    reason: z.string(),
    exposureIds: z.array(z.string()),
    measurements: z.array(targetMeasurement),
    parts: z
      .number()
      .int()
      .positive()
      .max(10_000)
      .optional()
      .describe('the result came in so many messages `result` before this one; for hubs of the capability `parts`'),
  }),
  z
    .object({
      type: z.literal('result'),
      requestId,
      visitId: z.string().nullable(),
      part: z.number().int().nonnegative().max(9_999).describe('counted from 0; the same one again replaces it'),
      exposureIds: z.array(z.string()),
      measurements: z.array(targetMeasurement),
    })
    .describe('a part of a result that is too large for one message'),
]);
export type AgentMessage = z.infer<typeof agentMessage>;

export const hubMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    hub: z.string(),
    serverTimeMs: z.number(),
    versions,
    capabilities,
  }),
  z.object({ type: z.literal('offer'), seq, request: observingRequest }),
  z.object({ type: z.literal('cancel'), seq, requestId, reason: z.string() }),
  z
    .object({ type: z.literal('noted'), requestId, state })
    .describe('the hub has stored what the agent said of this request'),
  z
    .object({ type: z.literal('error'), reason: z.string(), requestId: requestId.optional() })
    .describe('the hub could not take what the agent said: of this request, where one is named, and the link goes on'),
]);
export type HubMessage = z.infer<typeof hubMessage>;
/** What is said of requests, in the order of its numbers. */
export type SequencedMessage = Extract<HubMessage, { seq: number }>;

/** What came by the link. `said` is the whole message, for what little of it may still be of use. */
export type Heard<Message> =
  | { readonly kind: 'understood'; readonly message: Message }
  /** A type of message that a newer version has added. */
  | { readonly kind: 'unknown'; readonly type: string; readonly said: Said }
  | { readonly kind: 'faulty'; readonly reason: string; readonly said: Said };

const envelope = z.looseObject({
  type: z.string(),
  seq: seq.optional().catch(undefined),
  requestId: requestId.optional().catch(undefined),
});
export type Said = Partial<z.infer<typeof envelope>>;

/** Reads a message of the hub, or of an agent. Never throws for anything that was said. */
export function readMessage<Message>(union: MessageUnion<Message>, text: string): Heard<Message> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'faulty', reason: 'it is not JSON', said: {} };
  }
  const said = envelope.safeParse(value);
  if (!said.success) return { kind: 'faulty', reason: 'it is not an object with a type', said: {} };
  const parsed = union.safeParse(value);
  if (parsed.success) return { kind: 'understood', message: parsed.data };
  const { type } = said.data;
  const known = union.options.some(({ shape }) => shape.type.safeParse(type).success);
  if (!known) return { kind: 'unknown', type, said: said.data };
  const reason = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return { kind: 'faulty', reason: reason.slice(0, 500), said: said.data };
}

interface MessageUnion<Message> {
  readonly options: readonly { readonly shape: { readonly type: z.ZodType } }[];
  safeParse(value: unknown): z.ZodSafeParseResult<Message>;
}
