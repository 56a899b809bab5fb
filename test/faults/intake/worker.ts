import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { Intake } from '../../../agent/intake/intake.ts';
import { openStore } from '../../../agent/store/open.ts';
import { systemClock } from '../../../base/clock.ts';
import { impatience } from '../../support/intake.ts';

// A daemon reduced to its intake: what it takes in it "reduces" at once. Each reduction has an id of its own, so that
// one done twice is seen. It runs until it is killed.
const [folder, dataDir] = process.argv.slice(2) as [string, string];
const store = openStore(dataDir, systemClock, 'test');
const intake = new Intake({
  instruments: [{ id: 'main', folders: [folder], polling: false }],
  dataDir,
  settings: { settleS: 0.05, rescanS: 0.5, maxFileMb: 64, minFreeMb: 0 },
  store,
  clock: systemClock,
  log: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
  patience: { ...impatience, giveUpMs: 60_000 },
});
intake.start((error) => {
  throw error;
});
const forever = new AbortController().signal;
for (;;) {
  const frame = await intake.nextLight(forever);
  await systemClock.sleep(Math.random() * 20);
  store.reductions.finish(
    { id: randomUUID(), frameId: frame.id, exposureId: frame.exposureId!, outcome: 'measured', record: '{}' },
    () => undefined,
  );
  intake.release(frame.id);
}
