import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { AlarmStore } from '../../../agent/store/alarms.ts';
import type { JournalEntry } from '../../../agent/store/journal.ts';
import { Outbox } from '../../../agent/store/outbox.ts';
import { RequestStore } from '../../../agent/store/requests.ts';
import { ManualClock } from '../../../base/clock.ts';
import { commandSite } from '../../support/command-site.ts';
import { databaseOnDisk, observingRequestOf, parcelOf, storeReduced } from '../../support/parcels.ts';

const minuteMs = 60_000;
const startMs = Date.parse('2026-11-22T21:00:00Z');

/** A night: a request comes, two parcels go out of which one is refused, an alarm is raised and over. */
async function site(t: TestContext) {
  const { folder, run } = commandSite(t);
  const database = databaseOnDisk(folder);
  const clock = new ManualClock(startMs);
  new RequestStore(database, clock).receiveOffer('hub', 1, observingRequestOf('r1'));
  const outbox = new Outbox(database, clock);
  const parcels = [await parcelOf('a', { target: 'star' }), await parcelOf('b', { target: 'comet' })];
  storeReduced(database, parcels, () => outbox.enqueue(parcels));
  await clock.advance(minuteMs);
  outbox.claim('centre', 2);
  await clock.advance(minuteMs);
  outbox.settle(1, { state: 'done', receipt: { words: 'thank you' } });
  outbox.settle(2, { state: 'rejected', reason: 'no such target \u001b[31m' });
  const alarm = {
    code: 'DISK',
    subject: 'data',
    severity: 'warning',
    text: 'the disk is nearly full',
    count: 1,
  } as const;
  const raisedAtMs = startMs + 3 * minuteMs;
  new AlarmStore(database).write({ ...alarm, raisedAtMs, lastAtMs: raisedAtMs, clearedAtMs: startMs + 5 * minuteMs });
  database.close();
  return (...words: string[]) => run('log', '--since', '2026-11-22T20:00', ...words);
}

describe('bhtom-edge log', () => {
  it('tells what happened in the order of time, and nothing that moves the terminal', async (t) => {
    const log = await site(t);
    const { status, stdout, stderr } = log();
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      '2026-11-22T21:00:00Z   request hub r1: received',
      '2026-11-22T21:01:00Z ! parcel  comet to centre: rejected, no such target \\x1b[31m',
      '2026-11-22T21:02:00Z   parcel  star to centre: accepted, thank you',
      '2026-11-22T21:03:00Z ! alarm   DISK data: warning, the disk is nearly full',
      '2026-11-22T21:05:00Z   alarm   DISK data: over',
    ]);
  });

  it('tells problems alone, the last so many, for programs too', async (t) => {
    const log = await site(t);
    const lines = log('--problems', '--limit', '1', '--json').stdout.trimEnd().split('\n');
    assert.equal(lines.length, 1);
    const { kind, isProblem, state } = JSON.parse(lines[0]!) as JournalEntry;
    assert.deepEqual([kind, isProblem, state], ['alarm', true, 'warning']);
  });

  it('reaches back as far as it is asked to', async (t) => {
    const log = await site(t);
    assert.match(log('--since', '1969-12-31').stdout, /^1970-01-01T00:00:00Z {3}frame {3}\S+: reduced$/m);
    assert.equal(log('--since', '2026-11-22T22:00').stdout, 'nothing happened in that time\n');
  });
});
