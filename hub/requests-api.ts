import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { timeId } from '../base/ids.ts';
import type { HeldRequest } from '../protocol/rest.ts';
import { requestSubmission } from '../protocol/rest.ts';
import { type Answer, type Call, countIn, parseJson, Refusal, type Route, readBody, siteIn } from './http.ts';
import type { RequestStore } from './ports.ts';
import type { TokenBook } from './tokens.ts';

const sameSubmissionMs = 24 * 3_600_000;
const bodyLimits = { compressed: 256 * 1024, inflated: 256 * 1024 };
const cancellation = z.object({ reason: z.string().max(500).default('') }).strict();
const address = '/v1/requests/(?<id>[^/]+)';

/** Observing requests: what the operator asks of the sites. `announce` tells a site that there is news for it. */
export function requestRoutes(
  requests: RequestStore,
  tokens: TokenBook,
  clock: Clock,
  announce: (site: string) => void,
  log: Logger,
): Route[] {
  async function submit(call: Call): Promise<Answer> {
    operatorOnly(call);
    const { site, request } = parseJson(requestSubmission, await readBody(call.request, bodyLimits));
    if (!tokens.knows(site)) throw new Refusal('INVALID', `site: no site of the name "${site}" has a token here.`);
    const id = request.id ?? (await idOf(call, { site, request }));
    const outcome = await requests.submit(site, { ...request, id }, clock.nowMs());
    if (outcome === 'conflict') throw new Refusal('CONFLICT', `Another request has the id ${id}.`);
    if (outcome === 'stored') {
      log.info({ site, request: id, target: request.target.name }, 'request taken');
      announce(site);
    }
    return { status: outcome === 'stored' ? 201 : 200, body: await requests.get(id) };
  }

  /** The same submission, by its Idempotency-Key or else by its content, is one request for a day. */
  async function idOf({ request: { headers } }: Call, submission: object): Promise<string> {
    const nowMs = clock.nowMs();
    const key = headers['idempotency-key'];
    const digest = createHash('sha256')
      .update(JSON.stringify(key === undefined ? submission : [key]))
      .digest('hex');
    return requests.idFor(digest, timeId(nowMs), nowMs, nowMs - sameSubmissionMs);
  }

  async function find(call: Call): Promise<HeldRequest> {
    const id = decoded(call.path.id ?? '');
    const held = await requests.get(id);
    if (held === undefined || !(call.caller.isOperator || held.site === call.caller.site)) {
      throw new Refusal('NOT_FOUND', `There is no request ${id}.`);
    }
    return held;
  }

  async function part(call: Call): Promise<Answer> {
    const { id } = await find(call);
    const body = await requests.part(id, Number(call.path.part));
    if (body === undefined) throw new Refusal('NOT_FOUND', `The result of request ${id} has no such part.`);
    return { status: 200, body };
  }

  async function cancel(call: Call): Promise<Answer> {
    operatorOnly(call);
    const { id, site } = await find(call);
    const body = await readBody(call.request, bodyLimits);
    const { reason } = parseJson(cancellation, body.length === 0 ? Buffer.from('{}') : body);
    await requests.cancel(id, reason);
    log.info({ site, request: id }, 'request to be cancelled');
    announce(site);
    return { status: 202, body: await requests.get(id) };
  }

  return [
    { method: 'POST', path: /^\/v1\/requests$/, handle: submit },
    {
      method: 'GET',
      path: /^\/v1\/requests$/,
      handle: async (call) => ({
        status: 200,
        body: await requests.list(siteIn(call), countIn(call.url, 'limit', 1000, 10_000)),
      }),
    },
    {
      method: 'GET',
      path: new RegExp(`^${address}$`),
      handle: async (call) => ({ status: 200, body: await find(call) }),
    },
    { method: 'GET', path: new RegExp(`^${address}/result/(?<part>\\d{1,4})$`), handle: part },
    { method: 'POST', path: new RegExp(`^${address}/cancel$`), handle: cancel },
  ];
}

/** A part of a path without its escapes. Throws Refusal. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal('INVALID', 'The address has an escape (%) that means nothing.');
  }
}

function operatorOnly({ caller }: Call): void {
  if (!caller.isOperator) throw new Refusal('FORBIDDEN', 'Only the operator of the hub may do this.');
}
