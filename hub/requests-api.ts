import type { Logger } from 'pino';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { timeId } from '../base/ids.ts';
import type { HeldRequest } from '../protocol/rest.ts';
import { requestSubmission } from '../protocol/rest.ts';
import { type Answer, type Call, countIn, parseJson, Refusal, type Route, readBody, siteIn } from './http.ts';
import type { Requests } from './store/requests.ts';
import type { Tokens } from './tokens.ts';

const bodyLimits = { compressed: 256 * 1024, inflated: 256 * 1024 };
const cancellation = z.object({ reason: z.string().max(500).default('') }).strict();
const address = '/v1/requests/(?<id>[^/]+)';

/** Observing requests: what the operator asks of the sites. `announce` tells a site that there is news for it. */
export function requestRoutes(
  requests: Requests,
  tokens: Tokens,
  clock: Clock,
  announce: (site: string) => void,
  log: Logger,
): Route[] {
  async function submit(call: Call): Promise<Answer> {
    operatorOnly(call);
    const { site, request } = parseJson(requestSubmission, await readBody(call.request, bodyLimits));
    if (!tokens.knows(site)) throw new Refusal('INVALID', `site: no site of the name "${site}" has a token here.`);
    const id = request.id ?? timeId(clock.nowMs());
    const outcome = requests.submit(site, { ...request, id }, clock.nowMs());
    if (outcome === 'conflict') throw new Refusal('CONFLICT', `Another request has the id ${id}.`);
    if (outcome === 'stored') {
      log.info({ site, request: id, target: request.target.name }, 'request taken');
      announce(site);
    }
    return { status: outcome === 'stored' ? 201 : 200, body: requests.get(id) };
  }

  function find(call: Call): HeldRequest {
    const id = decodeURIComponent(call.path.id ?? '');
    const held = requests.get(id);
    if (held === undefined || !(call.caller.isOperator || held.site === call.caller.site)) {
      throw new Refusal('NOT_FOUND', `There is no request ${id}.`);
    }
    return held;
  }

  async function cancel(call: Call): Promise<Answer> {
    operatorOnly(call);
    const { id, site } = find(call);
    const body = await readBody(call.request, bodyLimits);
    const { reason } = parseJson(cancellation, body.length === 0 ? Buffer.from('{}') : body);
    requests.cancel(id, reason);
    log.info({ site, request: id }, 'request to be cancelled');
    announce(site);
    return { status: 202, body: requests.get(id) };
  }

  return [
    { method: 'POST', path: /^\/v1\/requests$/, handle: submit },
    {
      method: 'GET',
      path: /^\/v1\/requests$/,
      handle: (call) => ({ status: 200, body: requests.list(siteIn(call), countIn(call.url, 'limit', 1000, 10_000)) }),
    },
    { method: 'GET', path: new RegExp(`^${address}$`), handle: (call) => ({ status: 200, body: find(call) }) },
    { method: 'POST', path: new RegExp(`^${address}/cancel$`), handle: cancel },
  ];
}

function operatorOnly({ caller }: Call): void {
  if (!caller.isOperator) throw new Refusal('FORBIDDEN', 'Only the operator of the hub may do this.');
}
