import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { saveFrame } from '../../../cli/demo/camera-program.ts';
import { type ReduceOptions, reduceFrames } from '../../../cli/reduce.ts';
import { magnitudeIn } from '../../../drivers/simulator/sky/bands.ts';
import { Renderer } from '../../../drivers/simulator/sky/renderer.ts';
import { makeSky, starsAround } from '../../../drivers/simulator/sky/stars.ts';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';

const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
const sky = makeSky(5, { starsPerSquareDegree: 3000 });
const folder = mkdtempSync(join(tmpdir(), 'bad-sky-'));
const renderer = new Renderer();
after(async () => {
  await renderer.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A frame of a field and its reference stars; gives their paths, and two stars well inside. */
async function expose(name: string, raDeg: number, decDeg: number) {
  const field = { raDeg, decDeg, sky, site };
  const number = name.length;
  const { path } = await saveFrame(renderer, folder, number, field, Date.UTC(2026, 10, 20, 1));
  const stars = starsAround(sky, raDeg, decDeg, 0.6).filter(({ gMag }) => gMag < 17);
  const rows = stars.map((star) =>
    [
      star.raDeg,
      star.decDeg,
      ...(['B', 'V', 'R'] as const).map((band) => magnitudeIn(band, star.gMag, star.bpRp)),
    ].join(),
  );
  const catalogue = join(folder, `${name}.csv`);
  writeFileSync(catalogue, `ra,dec,B,V,R\n${rows.join('\n')}\n`);
  const inside = starsAround(sky, raDeg, decDeg, 0.12).filter(({ gMag }) => gMag > 13.5 && gMag < 15);
  return { path, catalogue, stars: inside };
}

async function reduce(path: string, options: Partial<ReduceOptions>): Promise<FrameSummary> {
  for await (const result of reduceFrames([path], { solve: true, threads: 2, out: folder, ...options })) {
    assert.equal(result.state, 'reduced', JSON.stringify(result));
    return result as FrameSummary;
  }
  throw new Error('nothing was reduced');
}

describe('a field on RA 0 and fields about the poles', () => {
  for (const [name, raDeg, decDeg] of [
    ['zero', 0.03, 12],
    ['north', 40, 89.96],
    ['south pole', 300, -89.93],
  ] as const) {
    it(`is solved, standardised and its targets are measured: RA ${raDeg}, Dec ${decDeg}`, async () => {
      const { path, catalogue, stars } = await expose(name, raDeg, decDeg);
      const target = stars.map((star, k) => ({ name: `t${k}`, raDeg: star.raDeg, decDeg: star.decDeg }));
      const record = await reduce(path, { catalogue, target });
      assert.deepEqual([record.located.from, record.band], ['solver', 'V'], JSON.stringify(record.located));
      const told = record.targets.filter(({ counterpart }) => counterpart);
      assert.ok(target.length >= 5);
      assert.equal(told.length, target.length);
      for (const one of told) {
        const star = stars[Number(one.name.slice(1))]!;
        assert.match(one.counterpart!.kind, /known star/, one.counterpart!.words);
        assert.ok(Math.abs(one.mag! - magnitudeIn('V', star.gMag, star.bpRp)) < 0.3, one.name);
      }
      // Both sides of the line.
      if (name === 'zero') assert.ok(told.some((one) => one.raDeg > 350) && told.some((one) => one.raDeg < 1));
    });
  }
});

describe('a frame whose surroundings are wrong', () => {
  let frame: Awaited<ReturnType<typeof expose>>;
  before(async () => {
    frame = await expose('good', 83.2, 30.1);
  });
  const target = () => [{ name: 'star', raDeg: frame.stars[0]!.raDeg, decDeg: frame.stars[0]!.decDeg }];
  const stars = (text: string) => {
    const path = join(folder, 'wrong.csv');
    writeFileSync(path, text);
    return path;
  };

  it('is measured against an empty catalogue, which is told', async () => {
    const record = await reduce(frame.path, { catalogue: stars('ra,dec,V\n'), target: target() });
    assert.ok(record.nSources > 50);
    assert.notEqual(record.located.from, 'solver');
    assert.equal(record.planes[0]!.standard.outcome === 'standardised', false);
    assert.equal(record.targets[0]!.verdict, 'not located');
  });

  it('is solved in spite of a wrong place and a wrong scale, and says which was dropped', async () => {
    const far = { hint: { raDeg: 200, decDeg: -40, radiusDeg: 1 } };
    for (const [wrong, told] of [
      [far, /the place within 1 deg of RA 200\.000, Dec -40\.000 .* was dropped/],
      [{ scale: 9 }, /the scale of 9\.00"\/px .* was dropped/],
    ] as const) {
      const record = await reduce(frame.path, { catalogue: frame.catalogue, target: target(), ...wrong });
      assert.equal(record.located.from, 'solver', JSON.stringify(record.located));
      assert.ok(
        record.warnings.some((text) => told.test(text)),
        JSON.stringify(record.warnings),
      );
    }
  });

  it('has no verdict on a target where only the stars of another field are at hand', async () => {
    const other = await expose('another place', 150, -20);
    const record = await reduce(frame.path, { catalogue: other.catalogue, target: target() });
    assert.ok(record.nSources > 50);
    assert.equal(record.located.confirmed, false);
    assert.match(record.located.reason!, /tried within 2 deg of .* with the scale of .*, any scale/);
    assert.deepEqual([record.targets[0]!.verdict, record.targets[0]!.flux], ['not located', null]);
  });

  it('is measured with the catalogue of a wrong kind of magnitudes', async () => {
    const text = frame.stars.map(({ raDeg, decDeg }, k) => `${raDeg},${decDeg},${10 + (k % 7)}`).join('\n');
    const record = await reduce(frame.path, { catalogue: stars(`ra,dec,V\n${text}\n`), target: target() });
    assert.ok(record.nSources > 50);
    const { standard, warnings } = record.planes[0]!;
    assert.ok(
      standard.outcome !== 'standardised' || warnings.some((text_) => /No band of the reference fits/.test(text_)),
    );
  });
});
