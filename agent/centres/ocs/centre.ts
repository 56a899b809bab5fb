import type { OcsDestinationConfig } from '../../../config/schema.ts';
import type { Centre, CentreContext } from '../contract.ts';
import { tokenSource } from '../token.ts';
import { PortalChannel } from './channel.ts';
import { Portal } from './portal.ts';

/** An OCS Observation Portal schedules observations for this site and takes the states of their execution; no photometry. */
export function openCentre(destination: OcsDestinationConfig, context: CentreContext): Centre {
  const { id, url, site, enclosure, telescope, instruments, filters, pollS } = destination;
  const { http, clock, random, log } = context;
  const place = { site, enclosure, telescope };
  const portal = new Portal({ destination: id, url, token: tokenSource(destination), place, http });
  return {
    destination: id,
    obstacles: async (signal) => {
      await portal.lastScheduled(signal);
      return [];
    },
    requests: (desk, onConnected) =>
      new PortalChannel({
        ...{ destination: id, names: { instruments, filters }, pollMs: pollS * 1000 },
        ...{ portal, desk, clock, random, log, onConnected },
      }),
  };
}
