import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { well } from '../health/health.ts';
import type { Part } from '../part.ts';
import { databaseName, type Store } from '../store/open.ts';

/**
 * The database as a part: open already, for everything else is made of it, and closed last. It needs the operator while
 * a damaged one that was set aside lies beside it.
 */
export function storePart(store: Store, dataDir: string): Part {
  let setAside: string[] = [];
  return {
    name: 'store',
    start() {
      const isSetAside = (name: string) => name.startsWith(`${databaseName}.corrupt-`) && !/-(wal|shm)$/.test(name);
      setAside = readdirSync(dataDir).filter(isSetAside);
    },
    stop: () => store.close(),
    health() {
      const left = setAside.filter((name) => existsSync(join(dataDir, name)));
      if (left.length === 0) return well;
      const reason = `The database was damaged, set aside (${left.join(', ')} in ${dataDir}) and begun anew from the frames: requests and what was sent before are not known any more. Look at the disk, then move that file away.`;
      return { state: 'needs-operator', reason };
    },
  };
}
