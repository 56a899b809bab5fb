import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import pino from 'pino';
import { MasterKeeper } from '../../../../agent/masters/keeper.ts';
import type { MasterOrder, MasterReply } from '../../../../agent/masters/master-order.ts';
import { openStore, type Store } from '../../../../agent/store/open.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { configSchema } from '../../../../config/schema.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import type { FrameKind } from '../../../../pipeline/header/facts.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { pastRecord } from '../../../support/frame-records.ts';

const startMs = Date.UTC(2026, 10, 22, 12);
const minuteMs = 60_000;
const dayMs = 86_400_000;
const types: Record<FrameKind, string> = {
  bias: 'Bias Frame',
  dark: 'Dark Frame',
  flat: 'Flat Field',
  'flat-dark': 'FlatDark',
  light: 'Light Frame',
};

/** A library on a clock that stands still, whose masters are built by the test. */
class LibrarySite {
  readonly root = mkdtempSync(join(tmpdir(), 'bhtom-edge-keeper-'));
  readonly clock = new ManualClock(startMs);
  readonly store: Store = openStore(join(this.root, 'data'), this.clock, 'test');
  readonly orders: MasterOrder[] = [];
  readonly again: number[] = [];
  readonly log: { msg: string }[] = [];
  /** What building ends in, besides success. */
  outcome: (order: MasterOrder) => Partial<Extract<MasterReply, { state: 'built' }>> | Error | string = () => ({});
  #count = 0;

  keeper(): MasterKeeper {
    return new MasterKeeper({
      config: configSchema.parse({
        site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20 },
        dataDir: join(this.root, 'data'),
        instruments: [{ folders: [this.root] }],
      }),
      store: this.store,
      clock: this.clock,
      log: pino({ base: null }, { write: (line: string) => this.log.push(JSON.parse(line)) }),
      software: 'test',
      build: async (order) => this.#build(order),
      onReduceAgain: (id) => this.again.push(id),
    });
  }

  async #build(order: MasterOrder): Promise<MasterReply> {
    this.orders.push(order);
    const outcome = this.outcome(order);
    if (outcome instanceof Error) throw outcome;
    if (typeof outcome === 'string') return { state: 'refused', reason: outcome, rejected: [] };
    const id = `master ${this.orders.length}`;
    const path = join(this.root, `${id}.fits`);
    writeFileSync(path, '');
    const found = { nCombined: order.members.length, noise: 1, rejected: [], clippedShare: 0, nBad: 0 };
    return {
      state: 'built',
      id,
      path,
      ...found,
      doubt: null,
      confirms: null,
      detector: null,
      adoptedFrom: null,
      ...outcome,
    };
  }

  take(kind: FrameKind, times = 1, cards: Record<string, string | number> = {}, takenMs = this.clock.nowMs()): number {
    let id = 0;
    for (let k = 0; k < times; k++) {
      const name = `${kind}-${this.#count++}`;
      const path = join(this.root, `${name}.fits`);
      writeFileSync(path, name);
      const { size, mtimeMs } = statSync(path);
      const version = { sizeBytes: size, mtimeMs: Math.trunc(mtimeMs) };
      const all = {
        IMAGETYP: types[kind],
        'DATE-OBS': new Date(takenMs).toISOString().slice(0, -1),
        EXPTIME: 60,
        FILTER: 'V',
        ...cards,
      };
      const text = Object.entries(all).map(
        ([key, value]) => `${key.padEnd(8)}= ${typeof value === 'number' ? value : `'${value}'`}`,
      );
      const header = headerFromText(text.join('\n'));
      const facts = resolveHeader(header, dialectTable, {}, { width: 10, height: 10 });
      id = this.store.frames.see('main', [{ path, ...version }]).fresh[0]!.id;
      this.store.frames.settle(id, version);
      this.store.frames.identify(id, { fileHash: name, exposureId: name, factsKey: name, kind, facts });
    }
    return id;
  }

  async choose(frameId: number) {
    const { choice } = await this.keeper().chooseFor(this.store.frames.get(frameId)!);
    return choice;
  }

  reduced(frameId: number, masters: Record<'bias' | 'dark' | 'flat', string | null>): void {
    const record = JSON.stringify({ ...pastRecord(), masters });
    const { exposureId } = this.store.frames.get(frameId)!;
    const id = `reduction of ${exposureId} with ${JSON.stringify(masters)}`;
    this.store.reductions.finish(
      { id, frameId, exposureId: exposureId!, outcome: 'measured', record },
      () => undefined,
    );
  }

  states(): string[] {
    return this.store.masters.all('main').map(({ kind, state }) => `${kind} ${state}`);
  }

  /** Lets the keeper's own loop have one pass. */
  async pass(): Promise<void> {
    const keeper = this.keeper();
    keeper.start((error) => {
      throw error;
    });
    await keeper.chooseFor(
      this.store.frames.get(this.take('light', 1, { EXPTIME: 0.5, FILTER: 'Z', INSTRUME: 'Third' }))!,
    );
    await keeper.stop();
  }

  close(): void {
    this.store.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

describe('the keeper of the calibration library', () => {
  let site: LibrarySite;
  beforeEach(() => {
    site = new LibrarySite();
  });
  afterEach(() => site.close());
  const none = { bias: null, dark: null, flat: null };

  it('builds a set at once when a frame needs it, with its members and in its folder', async () => {
    site.take('dark', 5);
    const { chosen } = await site.choose(site.take('light'));
    assert.equal(chosen.dark?.master.id, 'master 1');
    const [order] = site.orders;
    assert.equal(order!.members.length, 5);
    assert.equal(order!.folder, join(site.root, 'data', 'masters', 'main'));
    assert.equal(dirname(order!.members[0]!.path), site.root);
  });

  it('waits for five frames', async () => {
    site.take('dark', 4);
    const light = site.take('light');
    assert.equal((await site.choose(light)).chosen.dark, undefined);
    assert.deepEqual(site.orders, []);
    site.take('dark');
    assert.ok((await site.choose(light)).chosen.dark);
  });

  it('otherwise waits until no frame has come for some minutes', async () => {
    site.take('bias', 6, { EXPTIME: 0, INSTRUME: 'Other' });
    await site.pass();
    assert.deepEqual(site.orders, []);
    await site.clock.advance(6 * minuteMs);
    await site.pass();
    assert.equal(site.orders.length, 1);
    await site.pass();
    assert.equal(site.orders.length, 1, 'a set is built once');
  });

  it('builds flats on a bias, and again once there are flat-darks', async () => {
    site.take('flat', 5, { EXPTIME: 2 });
    const light = site.take('light');
    assert.equal((await site.choose(light)).chosen.flat, undefined);
    site.take('bias', 5, { EXPTIME: 0 });
    const first = await site.choose(light);
    assert.deepEqual(
      site.orders.map(({ kind, pedestal }) => `${kind} on ${pedestal?.kind}`),
      ['bias on undefined', 'flat on bias'],
    );
    assert.equal(site.orders[1]!.biases.length, 2);
    site.take('flat-dark', 5, { EXPTIME: 2 });
    await site.keeper().buildAll();
    assert.deepEqual(
      site.orders.slice(2).map(({ kind, pedestal }) => `${kind} on ${pedestal?.kind}`),
      ['flat-dark on undefined', 'flat on flat-dark'],
    );
    assert.notEqual((await site.choose(light)).chosen.flat?.master.id, first.chosen.flat?.master.id);
  });

  it('has frames of the last nights reduced again, and no others', async () => {
    const missed = site.take('light');
    const unlike = site.take('light', 1, { EXPTIME: 10 });
    const gone = site.take('light');
    for (const id of [missed, unlike, gone]) site.reduced(id, none);
    rmSync(site.store.frames.get(gone)!.path);
    site.take('dark', 5);
    // File times are those of the real clock: the nights are counted from there.
    site.clock.setWallClock(Date.now());
    await site.keeper().buildAll();
    assert.ok(site.again.includes(missed));
    assert.equal(site.store.frames.get(missed)!.state, 'identified');
    assert.equal(site.store.frames.get(gone)!.state, 'reduced');
    site.reduced(missed, { ...none, dark: 'master 1' });
    site.again.length = 0;
    await site.keeper().buildAll();
    assert.deepEqual(site.again, []);
    site.clock.setWallClock(Date.now() + 4 * dayMs);
    site.reduced(unlike, none);
    site.take('bias', 5, { EXPTIME: 0 });
    await site.keeper().buildAll();
    assert.deepEqual(site.again, [], 'too long ago');
  });

  it('remembers after a kill that frames are still to be reduced again', async () => {
    const light = site.take('light');
    site.take('dark', 5);
    await site.choose(light); // builds, and is killed before the next pass
    site.reduced(light, none);
    site.clock.setWallClock(Date.now());
    await site.keeper().buildAll();
    assert.deepEqual(site.again, [light]);
  });

  it('keeps a doubted master aside, and takes it back when a later set confirms it', async () => {
    site.take('bias', 5, { EXPTIME: 0 });
    await site.keeper().buildAll();
    await site.clock.advance(2 * dayMs);
    site.take('bias', 5, { EXPTIME: 0 });
    site.outcome = () => ({ doubt: 'its level is off' });
    await site.keeper().buildAll();
    assert.equal(site.orders[1]!.predecessor?.id, 'master 1');
    assert.equal(site.orders[1]!.keptAside, undefined);
    assert.deepEqual(site.states(), ['bias aside', 'bias good']);
    await site.clock.advance(2 * dayMs);
    site.take('bias', 5, { EXPTIME: 0 });
    site.outcome = ({ keptAside }) => ({ confirms: keptAside?.id ?? null });
    await site.keeper().buildAll();
    assert.equal(site.orders[2]!.keptAside?.id, 'master 2');
    assert.deepEqual(site.states(), ['bias good', 'bias good', 'bias good']);
  });

  it('remembers a set that no master can be made of', async () => {
    site.take('dark', 5);
    site.outcome = () => 'too bright';
    const light = site.take('light');
    await site.choose(light);
    await site.choose(light);
    assert.equal(site.orders.length, 1);
    assert.deepEqual(site.states(), ['dark refused']);
  });

  it('gives up a set that fails three times', async () => {
    site.take('dark', 5);
    site.outcome = () => new Error('the disk is full');
    const keeper = site.keeper();
    const light = site.store.frames.get(site.take('light'))!;
    for (let k = 0; k < 4; k++) await keeper.chooseFor(light);
    assert.equal(site.orders.length, 3);
    assert.match(site.store.masters.all('main')[0]!.reason!, /not built in 3 tries: the disk is full/);
  });

  it('leaves out frames whose files are gone, and waits when too few are left', async () => {
    site.take('dark', 5);
    rmSync(join(site.root, 'dark-0.fits'));
    const light = site.take('light');
    assert.equal((await site.choose(light)).chosen.dark, undefined);
    assert.deepEqual(site.states(), []);
    site.take('dark');
    assert.ok((await site.choose(light)).chosen.dark);
    assert.equal(site.orders[0]!.members.length, 5);
  });

  it('builds a master again whose file was removed', async () => {
    site.take('dark', 5);
    await site.keeper().buildAll();
    rmSync(join(site.root, 'master 1.fits'));
    await site.keeper().buildAll();
    assert.equal(site.orders.length, 2);
    assert.deepEqual(site.states(), ['dark good']);
  });

  it('clears the file of an old master away once a newer one serves its end', async () => {
    site.take('dark', 5);
    site.take('dark', 5, { EXPTIME: 300 });
    await site.keeper().buildAll();
    await site.clock.advance(61 * dayMs);
    site.take('dark', 5);
    await site.keeper().buildAll();
    const cleared = site.store.masters.all('main').filter(({ state }) => state === 'cleared');
    assert.deepEqual(
      cleared.map(({ facts, path }) => [facts.exposureS, path]),
      [[60, null]],
    );
    assert.equal(existsSync(join(site.root, 'master 1.fits')), false);
    assert.equal(existsSync(join(site.root, 'master 2.fits')), true);
    await site.keeper().buildAll();
    assert.equal(site.orders.length, 3, 'its set is not built again');
  });

  it('takes over what is a master already, one by one, and combines none of it', async () => {
    site.take('dark', 2, { IMAGETYP: 'Master Dark' });
    assert.ok((await site.choose(site.take('light'))).chosen.dark);
    assert.deepEqual(
      site.orders.map(({ adopt, members }) => [adopt, members.length]),
      [
        [true, 1],
        [true, 1],
      ],
    );
  });
});
