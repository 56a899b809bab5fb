import type { Logger } from 'pino';
import { targetList } from '../protocol/targets.ts';
import { parseJson, Refusal, type Route, readBody } from './http.ts';
import type { TargetStore } from './ports.ts';

const bodyLimits = { compressed: 4 * 2 ** 20, inflated: 16 * 2 ** 20 };

/** The targets of the network: the operator puts the whole list, every site reads it. */
export function targetRoutes(targets: TargetStore, log: Logger): Route[] {
  return [
    { method: 'GET', path: /^\/v1\/targets$/, handle: async () => ({ status: 200, body: await targets.list() }) },
    {
      method: 'PUT',
      path: /^\/v1\/targets$/,
      async handle({ caller, request }) {
        if (!caller.isOperator) throw new Refusal('FORBIDDEN', 'Only the operator of the hub may do this.');
        const list = parseJson(targetList, await readBody(request, bodyLimits));
        await targets.replace(list);
        log.info({ targets: list.targets.length }, 'targets taken');
        return { status: 200, body: await targets.list() };
      },
    },
  ];
}
