import pino from 'pino';
import { buildMaster } from '../../../agent/masters/build.ts';
import { MasterKeeper } from '../../../agent/masters/keeper.ts';
import { openStore } from '../../../agent/store/open.ts';
import { systemClock } from '../../../base/clock.ts';
import { configSchema } from '../../../config/schema.ts';

// The keeper of the calibration library alone: builds what is there to be built and ends, unless it is killed before.
const [folder, dataDir] = process.argv.slice(2) as [string, string];
const store = openStore(dataDir, systemClock, 'test');
const keeper = new MasterKeeper({
  config: configSchema.parse({
    site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20 },
    dataDir,
    instruments: [{ folders: [folder] }],
    calibration: { memoryMb: 16 },
  }),
  store,
  clock: systemClock,
  log: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
  software: 'test',
  build: buildMaster,
});
process.send?.('ready');
await keeper.buildAll();
store.close();
