import type { HubDestinationConfig } from '../../../config/schema.ts';
import type { Centre, CentreContext } from '../contract.ts';
import { tokenSource } from '../token.ts';
import { hubDelivery } from './delivery.ts';
import { RequestLink } from './link.ts';
import { hubTargets } from './targets.ts';

/** A hub takes everything that is measured, tells its targets, and asks for observations over a link. */
export function openCentre(destination: HubDestinationConfig, context: CentreContext): Centre {
  const { id, url, requests, targets } = destination;
  const token = tokenSource(destination);
  const { site, instruments, software, clock, random, log, http } = context;
  return {
    destination: id,
    delivery: hubDelivery({ destination: id, url, token, clock }),
    ...(targets && { targets: hubTargets(id, url, token, http) }),
    ...(requests && {
      requests: (desk, onConnected) =>
        new RequestLink({
          ...{ destination: id, url, token, site, instruments, software, desk, clock, random, log, onConnected },
        }),
    }),
  };
}
