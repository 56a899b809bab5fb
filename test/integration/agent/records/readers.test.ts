import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pino from 'pino';
import { LateStars } from '../../../../agent/catalogue/late-stars.ts';
import { tilesAround } from '../../../../agent/catalogue/tiling.ts';
import type { LibraryMaster } from '../../../../agent/masters/library.ts';
import { framesToRedo } from '../../../../agent/masters/redo.ts';
import { calibrationFactsOf } from '../../../../agent/masters/setup.ts';
import { jobMaker } from '../../../../agent/reduction/job-of.ts';
import { readStored } from '../../../../agent/status/stored.ts';
import type { Frame } from '../../../../agent/store/frame.ts';
import { openStore } from '../../../../agent/store/open.ts';
import { openStarTiles } from '../../../../agent/store/star-tiles.ts';
import { TargetBook } from '../../../../agent/targets/target-book.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { storedInWords } from '../../../../cli/status-in-words.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { configSchema } from '../../../../config/schema.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { futureRecord, pastRecord, recordOfTheNextVersion } from '../../../support/frame-records.ts';
import { identityOf } from '../../../support/memory-frames.ts';
import { temporaryFolder } from '../../../support/parcels.ts';

const takenMs = Date.UTC(2026, 10, 20, 1);
const facts = resolveHeader(
  headerFromText("IMAGETYP= 'Light Frame'\nDATE-OBS= '2026-11-20T00:59:30'\nEXPTIME = 60"),
  dialectTable,
);
const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };

/** A site with one reduced frame for each record, oldest first; text is stored as it is. */
function siteWith(t: TestContext, records: readonly (object | string)[]) {
  const folder = temporaryFolder(t);
  const clock = new ManualClock(takenMs);
  const config = configSchema.parse({
    ...{ site, dataDir: join(folder, 'data'), instruments: [{ id: 'main', folders: [folder] }] },
  });
  const store = openStore(config.dataDir, clock, 'test');
  t.after(() => store.close());
  const frames = records.map((record, number): Frame => {
    const path = join(folder, `${number}.fits`);
    writeFileSync(path, 'pixels');
    const { size, mtimeMs } = statSync(path);
    const version = { sizeBytes: size, mtimeMs: Math.trunc(mtimeMs) };
    const { id } = store.frames.see('main', [{ path, ...version }]).fresh[0]!;
    store.frames.settle(id, version);
    const frame = store.frames.identify(id, identityOf({ fileHash: `file ${number}`, facts }))!;
    const json = typeof record === 'string' ? record : JSON.stringify(record);
    store.reductions.finish(
      { id: `${number}`, frameId: id, exposureId: frame.exposureId!, outcome: 'measured', record: json },
      () => undefined,
    );
    return store.frames.get(id)!;
  });
  const lines: { path?: string; msg: string; reason?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { config, clock, store, frames, log, lines };
}

const damaged = '{"file": "half a rec';

describe('stored records of other versions, and damaged ones', () => {
  it('are listed by status, which says what cannot be read and why', (t) => {
    const { config, clock, frames } = siteWith(t, [pastRecord(), futureRecord(), damaged, recordOfTheNextVersion()]);
    const read = readStored(config, clock);
    const [next, broken, future, past] = read.stored!.lastReductions;
    assert.deepEqual([past!.file, past!.unreadable], [pastRecord().file, null]);
    assert.deepEqual([future!.file, future!.unreadable], [pastRecord().file, null]);
    assert.equal(broken!.file, frames[2]!.path);
    assert.match(broken!.unreadable!, /not JSON/);
    assert.match(next!.unreadable!, /a newer version of the program wrote it/);
    const words = storedInWords(read.stored!, false).filter((line) => line.includes('cannot be read'));
    assert.equal(words.length, 2);
    assert.ok(words[1]!.includes(frames[2]!.path));
  });

  it('let frames be redone with better masters, but for those that do not tell what they were reduced with', async (t) => {
    const { store, frames } = siteWith(t, [pastRecord(), futureRecord(), damaged]);
    const master = {
      ...{ id: 'new', kind: 'dark', aside: null, path: '/new.fits', nCombined: 20 },
      facts: calibrationFactsOf(facts, takenMs),
    } as LibraryMaster;
    const ages = { biasDays: 365, darkDays: 90, flatDays: 30 };
    const { ids, unreadable } = await framesToRedo(store, 'main', [master], [master], 0, { ages, given: false });
    assert.deepEqual(ids.toSorted(), [frames[0]!.id, frames[1]!.id]);
    assert.deepEqual(
      unreadable.map(({ path }) => path),
      [frames[2]!.path],
    );
    assert.match(unreadable[0]!.reason, /not JSON/);
  });

  it('let frames be reduced again with stars that came late, but for those that do not tell where they look', async (t) => {
    const blind = { reference: null };
    const { config, clock, store, frames, log, lines } = siteWith(t, [
      { ...pastRecord(), ...blind },
      { ...futureRecord(), ...blind },
      damaged,
    ]);
    clock.advance(60_000);
    const { tiles } = openStarTiles(config.dataDir, clock);
    const { CRVAL1, CRVAL2 } = pastRecord().wcs as { CRVAL1: number; CRVAL2: number };
    const rows = tilesAround({ raDeg: CRVAL1, decDeg: CRVAL2 }, 0.3).map((tile) => ({
      ...{ tile, complete: true, depthMag: 17, nStars: 9, checksum: `${tile}`, body: Buffer.alloc(1) },
    }));
    tiles.write({ id: 's', title: 'stars', licence: 'free', credit: '' }, 'test', rows, true);
    tiles.close();
    const again: number[] = [];
    await new LateStars({ config, store, clock, log, onReduceAgain: (id) => again.push(id) }).look();
    assert.deepEqual(again.toSorted(), [frames[0]!.id, frames[1]!.id]);
    assert.equal(store.frames.get(frames[2]!.id)!.state, 'reduced');
    const told = lines.filter(({ msg }) => msg.includes('cannot be read'));
    assert.deepEqual(
      told.map(({ path }) => path),
      [frames[2]!.path],
    );
  });

  it('hint at where the next frame looks, and give no hint where they cannot be read', (t) => {
    const hintAfter = (record: object | string) => {
      const { config, store, frames } = siteWith(t, [record]);
      const targetBook = new TargetBook({ store: store.networkTargets, own: [], destinations: [] });
      const makeJob = jobMaker(config, 'test', { store, targetBook, isDelivered: false });
      const choice = { chosen: {}, warnings: [], assessed: { bias: [], dark: [], flat: [] } };
      return makeJob(frames[0]!, { choice, detector: undefined } as unknown as Parameters<typeof makeJob>[1]).hint;
    };
    for (const record of [pastRecord(), futureRecord()]) {
      const hint = hintAfter(record)!;
      // The middle of the frame that the fixture is of.
      assert.ok(Math.abs(hint.raDeg - 83.2) < 0.01 && Math.abs(hint.decDeg - 30.1) < 0.01, JSON.stringify(hint));
    }
    assert.equal(hintAfter(damaged), undefined);
    assert.equal(hintAfter(recordOfTheNextVersion()), undefined);
  });
});
