import pino from 'pino';
import { Observatory, type ObservatoryParts } from '../../agent/observing/observatory.ts';
import { SiteSafety } from '../../agent/safety/site-safety.ts';
import { configSchema } from '../../config/schema.ts';
import type { Devices } from '../../drivers/contract.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import { limits, place, type Site } from './robotic-site.ts';

/** A loop that should go on has ended. */
const fails = (error: unknown): never => {
  throw error;
};

/** The accepted requests of a centre: those without a visit that is open or has ended them can be executed. */
export class AcceptedRequests {
  readonly #site: Site;
  readonly all: ObservingRequest[] = [];
  /** Ids of requests that the centre has given up, and why. */
  readonly givenUp = new Map<string, string>();

  constructor(site: Site) {
    this.#site = site;
  }

  executable() {
    const { rows } = this.#site.rows;
    return this.all
      .filter(({ id }) => !this.givenUp.has(id))
      .filter(({ id }) => !rows.some(({ order, result }) => order.request.id === id && result?.state !== 'ABORTED'))
      .map((request) => ({ destination: 'hub', id: request.id, request }));
  }

  /** As the database tells them. */
  visitsGivenUp() {
    return this.#site.rows.open().flatMap(({ id, order }) => {
      const reason = this.givenUp.get(order.request.id);
      return reason === undefined ? [] : [{ visitId: id, reason }];
    });
  }
}

/** Starts the robotic unit of a simulated site, with the safety of its site, on the site's clock. */
export function startUnit(site: Site, requests: AcceptedRequests, changes: Partial<Devices> = {}) {
  const { clock, observatory } = site;
  const config = configSchema.parse({
    site: { name: 'here', ...place },
    instruments: [{ folders: ['/nowhere'], filters: limits.filters }],
    safety: { roof: 'interlocked', reopenAfterS: 0 },
  });
  const alarms: string[] = [];
  const alarm = (text: string) => void alarms.push(text);
  const { dome, weather } = observatory;
  const safety = new SiteSafety({
    ...{ config: config.safety, site: place, devices: { dome, weather }, clock, attended: () => site.attended },
    ...{ alarm, clockDifferenceMs: () => undefined },
  });
  const { mount, camera, filterWheel } = observatory;
  const store = {
    requests,
    visits: Object.assign(site.rows, { givenUp: () => requests.visitsGivenUp() }),
    frames: { byVisit: () => [] },
  } as unknown as ObservatoryParts['store'];
  const unit = new Observatory({
    ...{ config, instrument: config.instruments[0]!, site: safety, store, clock },
    devices: { mount, camera, filterWheel, close: () => observatory.close(), ...changes },
    ...{ log: pino({ level: 'silent' }), software: 'test', onChange: () => undefined, onAlarm: alarm },
  });
  safety.start(fails);
  unit.start(fails);
  return { unit, safety, alarms };
}
