/**
 * How often verdicts on targets are right: node bench/counterparts.ts [--frames 2]
 * Simulated frames of two densities, the catalogue complete to G 17 with errors of 50 mas: catalogued stars, stars too
 * faint for the catalogue, sources that no catalogue has at random places (also beside and upon stars), and places
 * without a star. Prints verdict by truth. What must not happen: `new source` for anything but a new source.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../base/random.ts';
import { saveFrame } from '../cli/demo/camera-program.ts';
import { reduceFrames } from '../cli/reduce.ts';
import { magnitudeIn } from '../drivers/simulator/sky/bands.ts';
import { constant } from '../drivers/simulator/sky/light-curve.ts';
import { Renderer } from '../drivers/simulator/sky/renderer.ts';
import { makeSky, starsAround } from '../drivers/simulator/sky/stars.ts';
import type { FrameSummary } from '../pipeline/products/summary.ts';

const site = { name: 'bench', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
const field = { raDeg: 83.2, decDeg: 30.1 };
const cosDec = Math.cos((field.decDeg * Math.PI) / 180);
const halfDeg = 480 / 3600;
const each = 60;
const bands = ['B', 'V', 'R', 'G'] as const;

const { values } = parseArgs({ options: { frames: { type: 'string', default: '2' } } });
const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-counterparts-'));
const renderer = new Renderer();
try {
  for (const starsPerSquareDegree of [3000, 40_000]) {
    const counts = new Map<string, Map<string, number>>();
    for (let seed = 1; seed <= Number(values.frames); seed++) {
      for (const { name, counterpart, verdict } of (await verdictsOf(seed, starsPerSquareDegree)).targets) {
        const truth = name.split('-')[0]!;
        const row = counts.get(truth) ?? new Map<string, number>();
        const kind = counterpart?.kind ?? verdict;
        counts.set(truth, row.set(kind, (row.get(kind) ?? 0) + 1));
      }
    }
    console.log(`${starsPerSquareDegree} stars a square degree between G 11 and 19`);
    for (const [truth, row] of counts) {
      console.log(`  ${truth.padEnd(10)} ${[...row].map(([kind, count]) => `${kind}: ${count}`).join(', ')}`);
    }
  }
} finally {
  await renderer.close();
  rmSync(folder, { recursive: true, force: true });
}

async function verdictsOf(seed: number, starsPerSquareDegree: number): Promise<FrameSummary> {
  const random = new Random(seed);
  const bare = makeSky(seed, { starsPerSquareDegree });
  const stars = starsAround(bare, field.raDeg, field.decDeg, 0.6);
  const place = () => ({
    raDeg: field.raDeg + ((2 * random.uniform() - 1) * halfDeg) / cosDec,
    decDeg: field.decDeg + (2 * random.uniform() - 1) * halfDeg,
  });
  const inside = stars.filter(
    ({ raDeg, decDeg }) =>
      Math.abs(raDeg - field.raDeg) * cosDec < halfDeg && Math.abs(decDeg - field.decDeg) < halfDeg,
  );
  const some = (from: typeof stars) => from.filter(() => random.uniform() < (2 * each) / from.length).slice(0, each);
  const specialStars = Array.from({ length: each }, (_, k) => ({
    ...{ name: `new-${k}`, ...place(), gMag: 13 + 3.5 * random.uniform(), bpRp: 1, lightCurve: constant },
  }));
  const isBlank = (at: { raDeg: number; decDeg: number }) =>
    [...inside, ...specialStars].every(
      (star) => Math.hypot((star.raDeg - at.raDeg) * cosDec, star.decDeg - at.decDeg) * 3600 > 5,
    );
  const blanks: ReturnType<typeof place>[] = [];
  while (blanks.length < each) {
    const at = place();
    if (isBlank(at)) blanks.push(at);
  }
  const named = (truth: string, places: readonly { raDeg: number; decDeg: number }[]) =>
    places.map(({ raDeg, decDeg }, k) => ({ name: `${truth}-${k}`, raDeg, decDeg }));
  const target = [
    ...named('catalogued', some(inside.filter(({ gMag }) => gMag > 12.5 && gMag < 16.8))),
    ...named('faint', some(inside.filter(({ gMag }) => gMag > 17.2))),
    ...named('new', specialStars),
    ...named('blank', blanks),
  ];
  const frame = await saveFrame(
    renderer,
    folder,
    seed,
    { ...field, sky: { ...bare, specialStars }, site },
    Date.UTC(2026, 10, 20, 1),
  );
  const mas = () => (0.05 / 3600) * random.normal();
  const rows = stars
    .filter(({ gMag }) => gMag < 17)
    .map((star) =>
      [
        ...[star.raDeg + mas() / cosDec, star.decDeg + mas()],
        ...bands.map((band) => magnitudeIn(band, star.gMag, star.bpRp)),
      ].join(),
    );
  const catalogue = join(folder, 'stars.csv');
  writeFileSync(catalogue, `ra,dec,${bands.join()}\n${rows.join('\n')}\n`);
  for await (const result of reduceFrames([frame.path], { solve: true, threads: 2, out: folder, catalogue, target })) {
    if (result.state === 'reduced') return result as FrameSummary;
    throw new Error(JSON.stringify(result));
  }
  throw new Error('nothing was reduced');
}
