import type { TestContext } from 'node:test';
import { RequestLink, type RequestLinkOptions } from '../../agent/centres/hub/link.ts';
import { RequestDesk, type RequestDeskOptions } from '../../agent/requests/desk.ts';
import { RequestStore } from '../../agent/store/requests.ts';
import { VisitStore } from '../../agent/store/visits.ts';
import { systemClock } from '../../base/clock.ts';
import { Random } from '../../base/random.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { tokenOf } from './hub.ts';
import { databaseInMemory, silent } from './parcels.ts';

export interface TestSite {
  readonly desk: RequestDesk;
  readonly link: RequestLink;
  readonly database: SqliteDatabase;
  readonly requests: RequestStore;
  readonly visits: VisitStore;
  /** Ids of the requests that were checked, in order. */
  readonly checked: string[];
  changes: number;
  stop(): Promise<void>;
}

type SiteOptions = Partial<RequestLinkOptions> & {
  readonly database?: SqliteDatabase;
  readonly checkFeasible?: RequestDeskOptions['checkFeasible'];
};

/** A site that is linked to a hub, and reconnects fast. */
export function siteFor(t: TestContext, url: string, options: SiteOptions = {}): TestSite {
  t.after(() => site.stop()); // before the database is closed: hooks run in this order
  const { database = databaseInMemory(t), checkFeasible = async () => ({ ok: true }), ...changes } = options;
  const requests = new RequestStore(database, systemClock);
  const checked: string[] = [];
  const desk = new RequestDesk({
    requests,
    clock: systemClock,
    log: silent,
    checkFeasible: (request) => {
      checked.push(request.id);
      return checkFeasible(request);
    },
    onChange: () => {
      site.changes++;
    },
  });
  const link = new RequestLink({
    destination: 'hub',
    url,
    token: () => tokenOf.here,
    site: 'here',
    software: 'test',
    instruments: [{ id: 'main', oname: null, robotic: true, filters: ['V'] }],
    desk,
    clock: systemClock,
    random: new Random(1),
    log: silent,
    backoff: { firstMs: 5, capMs: 50 },
    ...changes,
  });
  const site: TestSite = {
    ...{ desk, link, database, requests, checked },
    visits: new VisitStore(database, systemClock),
    changes: 0,
    async stop() {
      await link.stop();
      await desk.stop();
    },
  };
  const fail = (error: unknown) => {
    throw error;
  };
  desk.start(fail);
  link.start(fail);
  return site;
}
