import type { TomDestinationConfig } from '../../../config/schema.ts';
import type { Centre, CentreContext } from '../contract.ts';
import { callTom, tomAccount } from './account.ts';
import { tomDelivery } from './delivery.ts';
import { isListPage, notUnderstood } from './pages.ts';
import { tomTargets } from './targets.ts';

/** A TOM takes the magnitudes and limits of its targets, and tells what they are. */
export function openCentre(destination: TomDestinationConfig, { http, clock }: CentreContext): Centre {
  const { id, delivery, everyS, targets } = destination;
  const account = tomAccount(destination);

  async function obstacles(signal: AbortSignal): Promise<string[]> {
    const { status, body } = await callTom(account, '/api/reduceddatums/?page=1', undefined, http, signal);
    if (status === 200 && isListPage(body)) return [];
    if (status === 404 || status === 405) {
      return [
        `${account.url} shows no list of reduced data (HTTP ${status}), so that what may have arrived cannot be looked for: its TOM Toolkit has to be a newer one.`,
      ];
    }
    throw notUnderstood(account, `no list of reduced data (HTTP ${status})`);
  }

  return {
    destination: id,
    ...(delivery && { delivery: tomDelivery({ account, everyS, http, clock }), obstacles }),
    ...(targets && { targets: tomTargets(account, http) }),
  };
}
