import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildMaster } from '../../../../agent/masters/build.ts';
import { openGiven } from '../../../../agent/masters/given.ts';
import { readMaster, writeMaster } from '../../../../agent/masters/master-file.ts';
import type { MasterOrder, MasterReply } from '../../../../agent/masters/master-order.ts';
import { loadMasters } from '../../../../agent/reduction/load-masters.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { calibrationFacts } from '../../../support/calibration-facts.ts';
import { FrameSource } from '../../../support/calibration-frames.ts';

const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-build-'));
after(() => rmSync(root, { recursive: true, force: true }));
const [widthPx, heightPx] = [160, 140];
const facts = calibrationFacts({ setup: { ...calibrationFacts().setup, widthPx, heightPx } });

function place(name: string, spec: ConstructorParameters<typeof FrameSource>[1] = {}) {
  const folder = join(root, name);
  mkdirSync(folder);
  const out = join(folder, 'masters');
  const source = new FrameSource(folder, { widthPx, heightPx, ...spec }, Date.UTC(2026, 10, 22));
  const order = (
    kind: MasterOrder['kind'],
    paths: readonly string[],
    changes: Partial<MasterOrder> = {},
  ): MasterOrder => ({
    kind,
    adopt: false,
    facts,
    members: paths.map((path) => {
      const { size, mtimeMs } = statSync(path);
      return {
        path,
        exposureId: `exposure of ${basename(path)}`,
        version: { sizeBytes: size, mtimeMs: Math.trunc(mtimeMs) },
      };
    }),
    pedestal: undefined,
    biases: [],
    saturationAdu: undefined,
    linearity: undefined,
    fewestMembers: 5,
    memoryBytes: 100_000,
    predecessor: undefined,
    keptAside: undefined,
    folder: out,
    software: 'test',
    ...changes,
  });
  const times = <Result>(n: number, make: () => Result) => Array.from({ length: n }, make);
  return { folder, out, source, order, times };
}
function built(reply: MasterReply) {
  if (reply.state !== 'built') throw new Error(reply.reason);
  return reply;
}

describe('building a master', () => {
  it('writes a file that says where it comes from and reads back as it was', async () => {
    const { source, order, times, out } = place('plain', { biasStructureAdu: 4 });
    const reply = built(
      await buildMaster(
        order(
          'bias',
          times(6, () => source.calibration({ kind: 'bias' })),
        ),
      ),
    );
    assert.equal(reply.nCombined, 6);
    assert.ok(Math.abs(reply.noise - 6 / 1.4 / Math.sqrt(6)) < 0.3, `noise ${reply.noise}`);
    const master = await readMaster(reply.path, 'bias', reply.id);
    assert.deepEqual([master.width, master.height, master.nCombined, master.noise], [160, 140, 6, reply.noise]);
    const header = readFileSync(reply.path, 'latin1').slice(0, 5760);
    assert.match(header, /IMAGETYP= 'Master Bias'/);
    assert.match(header, /INP0006 = 'exposure of bias bias-006.fits'/);
    const { camera } = source;
    const away = master.pixels.map((value, i) => {
      return value - 1000 - camera.columnAdu[i % widthPx]! - camera.rowAdu[Math.floor(i / widthPx)]!;
    });
    const rms = Math.sqrt(away.reduce((sum, value) => sum + value * value, 0) / away.length);
    assert.ok(rms < 2.2, `the bias's structure is off by ${rms} ADU`);
    assert.deepEqual(readdirSync(out), [basename(reply.path)]);
  });

  it('passes fitsverify', async () => {
    const { source, order, times } = place('verified', { bayer: 'RGGB' });
    const bayer = { ...facts, setup: { ...facts.setup, bayer: 'RGGB' }, rotatorDeg: 12.5 };
    const reply = built(
      await buildMaster(
        order(
          'dark',
          times(5, () => source.calibration({ kind: 'dark', exposureS: 60 })),
          { facts: bayer },
        ),
      ),
    );
    const verdict = execFileSync('fitsverify', ['-q', reply.path], { encoding: 'utf8' });
    assert.match(verdict, /OK/);
    const header = readFileSync(reply.path, 'latin1').slice(0, 2880).match(/.{80}/g)!.join('\n');
    const read = resolveHeader(headerFromText(header), dialectTable, {}, { width: widthPx, height: heightPx });
    assert.deepEqual(
      [read.kind.value, read.isMaster, read.bayer?.value.pattern, read.exposureS?.value, read.rotatorDeg?.value],
      ['dark', true, 'RGGB', 60, 12.5],
    );
  });

  it('gives the same name for the same frames, however much memory it has', async () => {
    const { source, order, times } = place('again');
    const paths = times(5, () => source.calibration({ kind: 'bias' }));
    const first = built(await buildMaster(order('bias', paths, { memoryBytes: 1 })));
    const bytes = readFileSync(first.path);
    const second = built(await buildMaster(order('bias', paths, { memoryBytes: 1e8 })));
    assert.equal(second.path, first.path);
    assert.ok(readFileSync(second.path).equals(bytes));
  });

  it('leaves out members that do not belong, each with its reason', async () => {
    const { source, order, times, folder } = place('rejects');
    const paths = times(6, () => source.calibration({ kind: 'dark', exposureS: 60 }));
    const leak = source.calibration({ kind: 'flat', exposureS: 60, electrons: 3000 });
    const small = new FrameSource(folder, { widthPx: 64, heightPx: 64 }, 0).calibration({ kind: 'bias' });
    const torn = source.calibration({ kind: 'dark', exposureS: 60 });
    truncateSync(torn, 20_000);
    const text = join(folder, 'notes.fits');
    writeFileSync(text, 'not a frame');
    const all = order('dark', [...paths, leak, small, torn, text]);
    const changed = { ...all.members[5]!, version: { sizeBytes: 1, mtimeMs: 1 } };
    const gone = { ...all.members[5]!, path: join(folder, 'gone.fits') };
    const reply = built(
      await buildMaster({ ...all, members: [...all.members.slice(0, 5), changed, gone, ...all.members.slice(6)] }),
    );
    assert.equal(reply.nCombined, 5);
    const why = Object.fromEntries(reply.rejected.map(({ name, reason }) => [name, reason]));
    assert.match(why['dark-006.fits']!, /another file has taken its place/);
    assert.match(why['gone.fits']!, /ENOENT/);
    assert.match(why[basename(leak)]!, /its level of .* is off/);
    assert.match(why[basename(small)]!, /64 x 64 pixels/);
    assert.match(why[basename(torn)]!, /truncated/);
    assert.match(why['notes.fits']!, /not a FITS file/);
  });

  it('makes no master of what is left of too few', async () => {
    const { source, order, times } = place('few');
    const paths = times(5, () => source.calibration({ kind: 'flat', exposureS: 1, electrons: 30_000 }));
    const bright = times(2, () => source.calibration({ kind: 'flat', exposureS: 1, electrons: 80_000 }));
    const reply = await buildMaster(order('flat', [...paths.slice(0, 4), ...bright], { saturationAdu: 55_000 }));
    assert.equal(reply.state, 'refused');
    if (reply.state === 'refused') assert.match(reply.reason, /4 usable frames, 5 are needed/);
  });

  it('sees by itself that flats are saturated', async () => {
    const { source, order, times } = place('saturated', { adcBits: 14, gainEPerAdu: 2 });
    const flat = (electrons: number) => () => source.calibration({ kind: 'flat', exposureS: 1, electrons });
    const paths = [...times(5, flat(15_000)), ...times(2, flat(40_000))];
    const reply = built(await buildMaster(order('flat', paths)));
    assert.deepEqual(
      reply.rejected.map(({ name }) => name),
      ['flat-006.fits', 'flat-007.fits'],
    );
    assert.match(reply.rejected[0]!.reason, /saturated/);
  });

  it('reads compressed frames, and leaves nothing of them behind', async () => {
    const { source, order, times, out } = place('packed');
    const paths = times(5, () => source.calibration({ kind: 'bias' }));
    const packed = paths.map((path) => {
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
      return `${path}.gz`;
    });
    const plain = await readMaster(...key(built(await buildMaster(order('bias', paths)))));
    const same = await readMaster(...key(built(await buildMaster(order('bias', packed)))));
    assert.deepEqual(same.pixels, plain.pixels);
    assert.deepEqual(
      readdirSync(out).filter((name) => name.startsWith('.')),
      [],
    );
  });
  const key = ({ path, id }: { path: string; id: string }) => [path, 'bias', id] as const;

  it('is compared with its predecessor, and confirms one that was kept aside', async () => {
    const before = place('before');
    const biases = (at: ReturnType<typeof place>) => at.times(5, () => at.source.calibration({ kind: 'bias' }));
    const old = built(await buildMaster(before.order('bias', biases(before))));
    const predecessor = { id: old.id, kind: 'bias', path: old.path } as const;
    const after_ = place('after', { biasAdu: 1500, seed: 2 });
    const doubted = built(await buildMaster(after_.order('bias', biases(after_), { predecessor })));
    assert.match(doubted.doubt!, /level is 500\.\d ADU off/);
    const keptAside = { id: doubted.id, kind: 'bias', path: doubted.path } as const;
    const third = built(await buildMaster(after_.order('bias', biases(after_), { predecessor, keptAside })));
    assert.deepEqual([third.doubt, third.confirms], [null, doubted.id]);
  });
});

describe('the masters of a job', () => {
  const frameFacts = resolveHeader(
    headerFromText("IMAGETYP= 'Light Frame'\nEXPTIME =  60\nFILTER  = 'V'"),
    dialectTable,
    {},
    { width: widthPx, height: heightPx },
  );

  it('are left out when their file is another one, damaged or gone, and every product says so', async () => {
    const { source, order, times } = place('lost');
    const reply = built(
      await buildMaster(
        order(
          'bias',
          times(5, () => source.calibration({ kind: 'bias' })),
        ),
      ),
    );
    const load = (id: string, path: string) =>
      loadMasters({ how: 'chosen', files: [{ kind: 'bias', id, path }], warnings: ['as chosen'] }, frameFacts, 0);
    const torn = join(dirname(reply.path), 'torn.fits');
    writeFileSync(torn, readFileSync(reply.path).subarray(0, 20_000));
    for (const [id, path] of [
      ['another', reply.path],
      [reply.id, torn],
      [reply.id.replace(/^./, 'x'), reply.path],
      ['gone', `${reply.path}.gone`],
    ] as const) {
      const { ids, warnings } = await load(id, path);
      assert.deepEqual(ids, []);
      assert.match(warnings.join('\n'), /as chosen\nthe master bias .* could not be read and was not used/);
    }
    assert.deepEqual((await load(reply.id, reply.path)).ids, [reply.id]);
  });

  it('are combined from given raw frames once, and serve every frame of their size', async () => {
    const { source, times } = place('given', { vignetting: 0.3 });
    const files = {
      bias: times(3, () => source.calibration({ kind: 'bias' })),
      dark: [60, 60, 300].map((exposureS) => source.calibration({ kind: 'dark', exposureS })),
      flat: times(3, () => source.calibration({ kind: 'flat', exposureS: 2, electrons: 30_000 })),
    };
    const choose = await openGiven(files);
    const { masters, warnings } = await choose(facts);
    assert.deepEqual(
      masters.map(({ kind, nCombined }) => `${kind} of ${nCombined}`),
      ['dark of 2', 'flat of 3'],
    );
    assert.deepEqual(warnings, []);
    const red = await choose({ ...facts, filter: 'R', exposureS: 120 });
    assert.deepEqual(
      red.masters.map(({ kind }) => kind),
      ['bias', 'dark', 'flat'],
    );
    assert.match(red.warnings.join('\n'), /filter: V, the frame R/);
    assert.equal(red.masters[2]!.pixels, masters[1]!.pixels, 'combined once');
    const other = await choose({ ...facts, setup: { ...facts.setup, widthPx: 10 } });
    assert.deepEqual(other.masters, []);
  });

  it('have a known linearity taken out of raw flats, and tell what flats and biases tell of the detector', async () => {
    const { source, times } = place('linear', { vignetting: 0.3, gainEPerAdu: 1.6 });
    const files = {
      bias: times(3, () => source.calibration({ kind: 'bias' })),
      dark: [],
      flat: times(4, () => source.calibration({ kind: 'flat', exposureS: 2, electrons: 40_000 })),
    };
    const linearity = { coefficients: [2e-6], limitAdu: 60_000, from: 'configuration' };
    const plain = await (await openGiven(files))(facts);
    const straight = await (await openGiven(files, { linearity }))(facts);
    assert.ok(Math.abs(plain.detector!.gainEPerAdu / 1.6 - 1) < 0.02, `gain ${plain.detector!.gainEPerAdu}`);
    const [before, after] = [plain.masters[1]!, straight.masters[1]!];
    assert.notEqual(before.id, after.id);
    // Brighter pixels gain more by true = m (1 + c m): f' = f (1 + c m f) / (1 + c m), m the level of the flat.
    const levelAdu = 40_000 / 1.6;
    const i = 3 * widthPx + 3;
    const expected = (1 + 2e-6 * levelAdu * before.pixels[i]!) / (1 + 2e-6 * levelAdu);
    assert.ok(before.pixels[i]! < 0.85, `a corner of ${before.pixels[i]}`);
    assert.ok(Math.abs(after.pixels[i]! / before.pixels[i]! / expected - 1) < 0.003, `${after.pixels[i]}`);
  });

  it('are told apart when the wrong kind is given, and used with their bias in when there is no bias', async () => {
    const { source, times, folder } = place('wrong');
    const flats = times(2, () => source.calibration({ kind: 'flat', exposureS: 2, electrons: 30_000 }));
    const bias = source.calibration({ kind: 'bias' });
    writeFileSync(join(folder, 'empty.fits'), '');
    const choose = await openGiven(
      { bias: [], dark: [], flat: [...flats, bias, join(folder, 'empty.fits')] },
      undefined,
    );
    const { masters, warnings } = await choose(facts);
    assert.deepEqual(
      masters.map(({ kind, nCombined }) => [kind, nCombined]),
      [['flat', 2]],
    );
    assert.match(warnings.join('\n'), /bias-003\.fits is not used as a flat: it is a bias/);
    assert.match(warnings.join('\n'), /empty\.fits is not used as a flat: the file is empty/);
    assert.match(warnings.join('\n'), /used with their bias in/);
  });

  it('may be masters already: ours as they are, those of others with flats brought to mean 1', async () => {
    const { source, order, times, folder } = place('ready', { vignetting: 0.3 });
    const own = built(
      await buildMaster(
        order(
          'dark',
          times(5, () => source.calibration({ kind: 'dark', exposureS: 60 })),
        ),
      ),
    );
    const foreign = source.calibration({ kind: 'flat', exposureS: 2, electrons: 30_000 }, [
      { keyword: 'IMAGETYP', value: 'Master Flat' },
      { keyword: 'NCOMBINE', value: 20 },
    ]);
    const choose = await openGiven({ bias: [], dark: [own.path], flat: [foreign] }, undefined);
    const { masters } = await choose(facts);
    assert.deepEqual(masters.map(({ id }) => id).at(0), own.id);
    const flat = masters[1]!;
    assert.equal(flat.nCombined, 20);
    const mean = flat.pixels.reduce((sum, value) => sum + value, 0) / flat.pixels.length;
    assert.ok(Math.abs(mean - 1) < 0.1, `mean ${mean}`);
    const copy = await writeMaster(join(folder, 'copy'), flat, {
      facts,
      members: [],
      pedestalId: undefined,
      software: 'x',
    });
    assert.deepEqual((await readMaster(copy, 'flat', flat.id)).pixels, flat.pixels);
  });
});
