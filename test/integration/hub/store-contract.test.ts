import { openSqliteStores } from '../../../hub/sqlite/open.ts';
import { hubStoreContract } from '../../support/hub-store-contract.ts';
import { temporaryFolder } from '../../support/parcels.ts';

hubStoreContract('SQLite', async (t) => {
  const folder = temporaryFolder(t);
  return {
    async open() {
      const stores = openSqliteStores(folder, Date.now());
      t.after(() => stores.close());
      return stores;
    },
  };
});
