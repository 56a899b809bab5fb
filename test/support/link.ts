import type { TestContext } from 'node:test';
import { type Judge, RequestLink, type RequestLinkOptions } from '../../agent/requests/link.ts';
import { RequestStore } from '../../agent/store/requests.ts';
import { VisitStore } from '../../agent/store/visits.ts';
import { systemClock } from '../../base/clock.ts';
import { Random } from '../../base/random.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { tokenOf } from './hub.ts';
import { databaseInMemory, silent } from './parcels.ts';

export interface TestSite {
  readonly link: RequestLink;
  readonly database: SqliteDatabase;
  readonly requests: RequestStore;
  readonly visits: VisitStore;
  /** Ids of the requests that were judged, in order. */
  readonly judged: string[];
  changes: number;
}

/** A site that is linked to a hub, and reconnects fast. */
export function siteFor(
  t: TestContext,
  url: string,
  options: Partial<RequestLinkOptions> & { database?: SqliteDatabase } = {},
): TestSite {
  t.after(() => link.stop()); // before the database is closed: hooks run in this order
  const database = options.database ?? databaseInMemory(t);
  const requests = new RequestStore(database, systemClock);
  const visits = new VisitStore(database, systemClock);
  const judged: string[] = [];
  const judge: Judge = options.judge ?? (async () => ({ ok: true }));
  const link = new RequestLink({
    destination: 'hub',
    url,
    token: () => tokenOf.here,
    site: 'here',
    software: 'test',
    instruments: [{ id: 'main', oname: null, robotic: true, filters: ['V'] }],
    requests,
    clock: systemClock,
    random: new Random(1),
    log: silent,
    onChange: () => {
      site.changes++;
    },
    backoff: { firstMs: 5, capMs: 50 },
    ...options,
    judge: (request) => {
      judged.push(request.id);
      return judge(request);
    },
  });
  link.start((error) => {
    throw error;
  });
  const site: TestSite = { link, database, requests, visits, judged, changes: 0 };
  return site;
}
