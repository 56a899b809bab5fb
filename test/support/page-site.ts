import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { serveApi } from '../../agent/api/server.ts';
import type { MasterRecord } from '../../agent/store/masters.ts';
import { openStore, type Store } from '../../agent/store/open.ts';
import { systemClock } from '../../base/clock.ts';
import { parseConfig } from '../../config/load.ts';
import { calibrationFacts } from './calibration-facts.ts';
import { pastRecord } from './frame-records.ts';
import { observingRequestOf, sha256, temporaryFolder } from './parcels.ts';
import { smallFrame } from './small-frame.ts';

export const pageAssets = join(import.meta.dirname, '..', '..', 'web', 'built');

export interface PageSite {
  readonly url: string;
  readonly store: Store;
  /** Ends the page as the end of the daemon would. */
  stopPage(): Promise<void>;
  /** Saves a frame with its measurement, as the daemon would; gives its id. */
  addFrame(name: string, changes?: Readonly<Record<string, unknown>>): number;
}

/** A site with a database and a page, and without a daemon. `page`: YAML of that section. */
export async function pageSite(t: TestContext, page = '', token?: string): Promise<PageSite> {
  const root = temporaryFolder(t);
  const camera = join(root, 'camera');
  mkdirSync(camera);
  const config = parseConfig(
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 20, heightM: 300 }
dataDir: data
targets: [{ name: Gaia20fnr, raDeg: 80, decDeg: 80 }]
instruments: [{ id: main, folders: [camera] }]
${page}`,
    'test',
    root,
  );
  const store = openStore(config.dataDir, systemClock, 'test');
  t.after(() => store.close());
  const api = await serveApi({
    ...{ config, clock: systemClock, version: 'test', host: '127.0.0.1', port: 0, token, assets: pageAssets },
    onTrouble: (error) => t.diagnostic(String(error)),
  });
  let closing: Promise<void> | undefined;
  const stopPage = () => {
    closing ??= api.close();
    return closing;
  };
  t.after(stopPage);
  let count = 0;
  return {
    url: `http://127.0.0.1:${api.port}`,
    store,
    stopPage,
    addFrame(name, changes = {}) {
      const path = join(camera, name);
      writeFileSync(path, smallFrame({ seed: ++count }));
      const [frame] = store.frames.see('main', [{ path, sizeBytes: count, mtimeMs: systemClock.nowMs() }]).fresh;
      const exposureId = sha256(`exposure ${count}`);
      const { id } = frame!;
      store.frames.settle(id, { sizeBytes: count, mtimeMs: frame!.mtimeMs });
      store.frames.identify(id, {
        ...{ fileHash: sha256(name), exposureId, factsKey: 'facts', kind: 'light' },
        facts: { warnings: [] } as never,
      });
      const record = JSON.stringify({ ...pastRecord(), exposureId, ...changes });
      store.reductions.finish(
        { id: sha256(record), frameId: id, exposureId, outcome: 'measured', record },
        () => undefined,
      );
      return id;
    },
  };
}

/** A request in the database of the site, as a person there adds one. */
export function addRequest({ store }: PageSite, id: string): void {
  store.requests.receiveOffer('local', undefined, observingRequestOf(id));
}

/** A frame that was rejected today, as intake does it. */
export function addRejected({ store }: PageSite, name: string, code: string, reason: string): void {
  const [frame] = store.frames.see('main', [{ path: name, sizeBytes: 1, mtimeMs: systemClock.nowMs() }]).fresh;
  store.frames.reject(frame!.id, code, reason);
}

/** A master dark in the library, and a set of flats of which none was made. */
export function addMasters({ store }: PageSite): void {
  const dark: MasterRecord = {
    ...{ instrument: 'main', setKey: 'darks', id: sha256('dark') },
    kind: 'dark',
    state: 'good',
    reason: null,
    ...{ facts: calibrationFacts(), path: 'dark.fits', nCombined: 18, noise: 1.25, nBad: 40 },
    rejected: [{ name: 'dark-7.fits', reason: 'lit' }],
    detector: null,
  };
  store.masters.put(dark);
  store.masters.put({
    ...{
      ...dark,
      setKey: 'flats',
      id: null,
      kind: 'flat',
      state: 'refused',
      reason: 'too dark',
      path: null,
      rejected: [],
    },
  });
}
