import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import type { PeakTask, PlaceTask } from '../../../../pipeline/detection/peaks.ts';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane, type PlaneMeasurement } from '../../../../pipeline/measure.ts';
import { robustScatter } from '../../../../pipeline/photometry/limit.ts';
import { MaskBit, type Plane } from '../../../../pipeline/plane.ts';
import { paint, randomStars, type Scene } from './paint.ts';

const crew = soloCrew(kernels);
const measure = (plane: Plane, positions: { x: number; y: number }[] = []) =>
  measurePlane(plane, { positions, artificialStars: true }, crew);

interface Match {
  readonly truth: Scene['stars'][number];
  readonly row: number;
}

/** Brightest first, each true star takes the nearest free source within `radius` that agrees to a factor of two. */
function match(scene: Scene, result: PlaneMeasurement, radius: number): { matches: Match[]; nFalse: number } {
  const t = result.sources;
  const used = new Set<number>();
  const matches: Match[] = [];
  for (const truth of [...scene.stars].sort((a, b) => b.flux - a.flux)) {
    let best = -1;
    let nearest = radius;
    for (let row = 0; row < t.count; row++) {
      const d = Math.hypot(t.x[row]! - truth.x, t.y[row]! - truth.y);
      const ratio = t.flux[row]! / truth.flux;
      if (used.has(row) || d >= nearest || !(ratio > 0.4 && ratio < 2.5)) continue;
      nearest = d;
      best = row;
    }
    if (best < 0) continue;
    used.add(best);
    matches.push({ truth, row: best });
  }
  let nFalse = 0;
  for (let row = 0; row < t.count; row++) if (!used.has(row) && t.flux[row]! > 0) nFalse++;
  return { matches, nFalse };
}

const inner = (scene: Scene, star: { x: number; y: number }) => {
  const margin = 3 * scene.fwhmPx;
  return star.x > margin && star.y > margin && star.x < scene.width - margin && star.y < scene.height - margin;
};

function pulls(matches: readonly Match[], result: PlaneMeasurement): number[] {
  const t = result.sources;
  return matches.map(({ truth, row }) => (t.flux[row]! - truth.flux) / t.fluxErr[row]!);
}

describe('a sparse field', async () => {
  const scene: Scene = {
    width: 512,
    height: 512,
    stars: randomStars(150, 512, 1500, 3e5, 0.6, 11),
    fwhmPx: 3.2,
    skyE: 300,
    gradient: 0.2,
    seed: 12,
  };
  const result = await measure(paint(scene));
  const { matches, nFalse } = match(scene, result, 2);
  const whole = matches.filter(({ truth }) => inner(scene, truth));

  it('is found whole, and nothing else', () => {
    // The faintest star has S/N 12; two of 150 may lie within a FWHM of a brighter one.
    assert.ok(matches.length >= 146, `${matches.length} of 150`);
    assert.ok(nFalse <= 2, `${nFalse} false`);
  });
  it('has errors that are true', () => {
    // 140 pulls: their robust scatter is known to 7 %, so three sigma is 0.21.
    const width = robustScatter(pulls(whole, result));
    assert.ok(width > 0.79 && width < 1.21, `pull width ${width}`);
  });
  it('has no bias', () => {
    const p = pulls(whole, result).sort((a, b) => a - b);
    // Median of 140 unit normals: 0.106 rms; the growth curve and sky must not show.
    assert.ok(Math.abs(p[p.length >> 1]!) < 0.35, `median pull ${p[p.length >> 1]}`);
  });
  it('tells its PSF', () => {
    assert.equal(result.outcome.kind, 'measured');
    // A pixel widens 3.2 px to 3.3.
    assert.ok(Math.abs(result.psf!.fwhmPx - 3.3) < 0.1, `${result.psf!.fwhmPx}`);
    assert.ok(Math.abs(result.psf!.beta - 3) < 0.3, `${result.psf!.beta}`);
  });
  it('is ordered by flux, with every column of the same length', () => {
    for (let row = 1; row < result.sources.count; row++) {
      assert.ok(!(result.sources.flux[row]! > result.sources.flux[row - 1]!));
    }
    for (const column of Object.values(result.sources)) {
      if (typeof column !== 'number') assert.equal(column.length, result.sources.count);
    }
  });
});

describe('faint stars in the light of bright ones', async () => {
  // Stars of S/N 12 to 16 beside some 250 times as bright, where these make the noise: the sky alone makes less than a third of it.
  const bright = Array.from({ length: 25 }, (_, k) => ({
    x: 50.3 + 82.7 * (k % 5),
    y: 52.6 + 82.3 * Math.floor(k / 5),
    flux: 6e5,
  }));
  const faint = bright.map(({ x, y }, k) => ({ x: x + 4.6 * Math.cos(k), y: y + 4.6 * Math.sin(k), flux: 2600 }));
  const scene: Scene = { width: 440, height: 440, stars: [...bright, ...faint], fwhmPx: 3.5, skyE: 300, seed: 71 };
  const result = await measure(paint(scene));
  const { matches, nFalse } = match(scene, result, 1.5);

  it('are found, and nothing else', () => {
    assert.ok(matches.length >= 48, `${matches.length} of 50`);
    assert.ok(nFalse <= 1, `${nFalse} false`);
  });
});

describe('a crowded field', async () => {
  // One star per 16 star images: the density of the Galactic plane at 0.5 m.
  const scene: Scene = {
    width: 400,
    height: 400,
    stars: randomStars(800, 400, 800, 2e5, 0.7, 21),
    fwhmPx: 3.4,
    skyE: 500,
    seed: 22,
  };
  const result = await measure(paint(scene));
  const { matches, nFalse } = match(scene, result, 2);
  it('is resolved', () => {
    const bright = scene.stars.filter((star) => star.flux > 3000 && inner(scene, star));
    const found = matches.filter(({ truth }) => truth.flux > 3000 && inner(scene, truth));
    // Pairs under 0.4 FWHM cannot be told apart: at this density about 3 % of the stars.
    assert.ok(found.length >= 0.93 * bright.length, `${found.length} of ${bright.length}`);
    assert.ok(nFalse <= 0.03 * result.sources.count, `${nFalse} false of ${result.sources.count}`);
  });
  it('has errors that know their neighbours', () => {
    const some = matches.filter(({ truth }) => truth.flux > 3000 && inner(scene, truth));
    const width = robustScatter(pulls(some, result));
    // About 250 stars: 5 % per sigma; companions below the threshold widen it a little.
    assert.ok(width > 0.8 && width < 1.3, `pull width ${width}`);
  });
});

describe('blends of many stars', async () => {
  // One star in 210 pixels, among them blends of four and more whose members are not all found at once.
  const scene: Scene = {
    ...{ width: 1024, height: 1024, fwhmPx: 3.2, skyE: 300, seed: 51 },
    stars: randomStars(5000, 1024, 3000, 5e5, 0.7, 5),
  };
  const { sources } = await measurePlane(paint(scene), {}, crew);
  it('hold the light that is there', () => {
    const sum = (fluxes: Iterable<number>) => Array.from(fluxes).reduce((a, b) => a + b, 0);
    const ratio = sum(sources.flux) / sum(scene.stars.map(({ flux }) => flux));
    // The growth curve is known to some 0.1 %; one blend whose fit runs away holds more than one per cent.
    assert.ok(Math.abs(ratio - 1) < 0.005, `${ratio}`);
  });
  it('are fitted: no step leads away from the image', () => {
    // Of a star in a blend that is not parted chi square is 10 or 20; where a fit has run away it is hundreds.
    const worst = Math.max(...sources.chi2);
    assert.ok(worst < 60, `${worst}`);
  });
});

describe('an undersampled field', async () => {
  const scene: Scene = {
    width: 384,
    height: 384,
    stars: randomStars(250, 384, 2000, 2e5, 0.6, 31),
    fwhmPx: 1.4,
    skyE: 600,
    seed: 32,
  };
  const result = await measure(paint(scene));
  const { matches, nFalse } = match(scene, result, 1);
  it('is measured at the bound', () => {
    const some = matches.filter(({ truth }) => inner(scene, truth));
    const width = robustScatter(pulls(some, result));
    assert.ok(width > 0.8 && width < 1.25, `pull width ${width}`);
    assert.ok(matches.length >= 242, `${matches.length} of 250`);
    assert.ok(nFalse <= 5, `${nFalse} false`);
  });
  it('has fluxes that do not depend on where in its pixel a star lies', () => {
    const bright = matches.filter(({ truth }) => truth.flux > 3e4);
    const phase = (v: number) => Math.abs(v - Math.round(v));
    const ratio = (list: Match[]) =>
      list.reduce((s, m) => s + result.sources.flux[m.row]! / m.truth.flux, 0) / list.length;
    const centred = ratio(bright.filter(({ truth }) => Math.hypot(phase(truth.x), phase(truth.y)) < 0.35));
    const cornered = ratio(bright.filter(({ truth }) => Math.hypot(phase(truth.x), phase(truth.y)) >= 0.35));
    // Some 30 stars of 0.6 % each side by side: 0.16 %; four sigma.
    assert.ok(Math.abs(centred - cornered) < 0.0065, `${centred} against ${cornered}`);
  });
});

describe('forced photometry', async () => {
  const scene: Scene = {
    width: 300,
    height: 300,
    stars: [
      ...randomStars(60, 300, 3000, 2e5, 0.6, 41),
      { x: 150.3, y: 149.6, flux: 20000 },
      { x: 153.6, y: 149.6, flux: 9000 },
    ],
    fwhmPx: 3,
    skyE: 300,
    seed: 42,
  };
  const random = new Random(43);
  const blanks = Array.from({ length: 60 }, () => ({
    x: 10 + 280 * random.uniform(),
    y: 10 + 280 * random.uniform(),
  })).filter((p) => scene.stars.every((star) => Math.hypot(star.x - p.x, star.y - p.y) > 6));
  const result = await measure(paint(scene), [
    { x: 150.3, y: 149.6 },
    { x: 153.6, y: 149.6 },
    { x: -5, y: 3 },
    ...blanks,
  ]);
  it('measures the members of a blend at the given places', () => {
    for (const [k, flux] of [20000, 9000].entries()) {
      const m = result.forced[k]!;
      assert.ok(Math.abs(m.flux - flux) < 4 * m.fluxErr, `${m.flux} +- ${m.fluxErr}`);
      assert.ok(m.fluxErr < 0.06 * flux);
    }
  });
  it('says nothing off the plane', () => assert.ok(Number.isNaN(result.forced[2]!.flux)));
  it('finds nothing on blank sky, to its errors', () => {
    const p = result.forced.slice(3).map((m) => m.flux / m.fluxErr);
    // 40 places or more: the scatter is known to 13 %.
    assert.ok(p.length >= 35);
    const width = robustScatter(p);
    assert.ok(width > 0.6 && width < 1.4, `${width}`);
  });
  it('gives a depth that agrees with the errors', () => {
    const errors = result.forced
      .slice(3)
      .map((m) => m.fluxErr)
      .sort((a, b) => a - b);
    assert.ok(Math.abs(result.limitFluxE / (5 * errors[errors.length >> 1]!) - 1) < 0.2);
  });
});

describe('bad input', () => {
  const empty = { width: 256, height: 256, stars: [], fwhmPx: 3, skyE: 200 };

  it('calls noise a frame without stars', async () => {
    for (const seed of [1, 2, 3]) {
      const result = await measure(paint({ ...empty, seed }));
      assert.equal(result.outcome.kind, 'no stars');
      assert.equal(result.sources.count, 0);
    }
  });
  it('measures a frame of one star', async () => {
    const result = await measure(paint({ ...empty, stars: [{ x: 120.2, y: 90.7, flux: 50000 }], seed: 4 }));
    assert.equal(result.sources.count, 1);
    assert.ok(Math.abs(result.sources.flux[0]! / 50000 - 1) < 0.1);
    assert.ok(result.sources.flags[0]! & SourceFlag.fallback);
  });
  it('says when every star is saturated', async () => {
    const stars = [50, 120, 200].map((x) => ({ x, y: x + 3, flux: 3e7 }));
    const result = await measure(paint({ ...empty, stars, seed: 5, saturationE: 30000 }));
    assert.notEqual(result.outcome.kind, 'measured');
    assert.ok(result.outcome.kind !== 'measured' && result.outcome.reason.length > 10);
  });
  it('survives a frame without a usable pixel', async () => {
    const plane = paint({ ...empty, seed: 6 });
    plane.mask.fill(MaskBit.invalid);
    const result = await measure(plane);
    assert.equal(result.outcome.kind, 'no pixels');
  });
  it('measures the half that is not masked', async () => {
    const scene = { ...empty, stars: randomStars(60, 256, 5000, 1e5, 0.6, 71), seed: 7 };
    const plane = paint(scene);
    for (let y = 0; y < 256; y++) plane.mask.fill(MaskBit.bad, y * 256, y * 256 + 128);
    const result = await measure(plane);
    assert.ok(result.sources.count > 20);
    for (let row = 0; row < result.sources.count; row++) assert.ok(result.sources.x[row]! > 125);
  });
  it('invents nothing on a nebula or a Moon gradient', async () => {
    const stars = randomStars(40, 256, 8000, 1e5, 0.6, 81);
    const plane = paint({ ...empty, stars, seed: 8, gradient: 1.5 });
    const random = new Random(82);
    for (let p = 0; p < plane.electrons.length; p++) {
      const d = Math.hypot((p % 256) - 100, Math.floor(p / 256) - 140);
      plane.electrons[p]! += random.poisson(300 * Math.exp(-0.5 * (d / 35) ** 2));
    }
    const result = await measure(plane);
    const { nFalse } = match({ ...empty, stars, seed: 8 }, result, 2);
    assert.ok(nFalse <= 4, `${nFalse} false`);
  });
  for (const [what, waves, share, most] of [
    // Of 100 stars a robust scatter is known to a tenth; with coarse cells alone it is 1.35, without the term 1.24.
    ['waves by less than half of its noise', [70, 95], 0.4, 1.17],
    // Too short for any cell: it stays in the fluxes, and without its own term in the errors it is 1.21.
    ['ripples as short as its cells', [29, 33], 0.6, 1.17],
  ] as const)
    it(`gives true errors on a sky that ${what}`, async () => {
      const scene: Scene = {
        ...empty,
        width: 512,
        height: 512,
        stars: randomStars(150, 512, 3000, 1e5, 0.6, 85),
        seed: 86,
      };
      const plane = paint(scene);
      const [x0, y0] = waves; // lengths in pixels
      const wave = share * Math.sqrt(scene.skyE + 25);
      for (let p = 0; p < plane.electrons.length; p++) {
        const [x, y] = [p % 512, Math.floor(p / 512)];
        plane.electrons[p]! += wave * Math.sin((2 * Math.PI * x) / x0) * Math.sin((2 * Math.PI * y) / y0);
      }
      const result = await measure(plane);
      const { matches } = match(scene, result, 1.5);
      const own = pulls(
        matches.filter(({ truth }) => inner(scene, truth)),
        result,
      );
      assert.ok(own.length > 100, `${own.length} stars`);
      assert.ok(robustScatter(own) < most, `pulls scatter by ${robustScatter(own)}`);
    });
  it('reaches an outcome on donuts and on a field of constant pixels', async () => {
    const plane = paint({ ...empty, seed: 9 });
    for (const [cx, cy] of [
      [60, 60],
      [180, 70],
      [90, 190],
      [200, 200],
    ] as const) {
      for (let p = 0; p < plane.electrons.length; p++) {
        const d = Math.hypot((p % 256) - cx, Math.floor(p / 256) - cy);
        if (d > 7 && d < 13) plane.electrons[p]! += 400;
      }
    }
    const donuts = await measure(plane);
    assert.ok(donuts.sources.count < 200);
    plane.electrons.fill(1000);
    const flat = await measure(plane);
    assert.notEqual(flat.outcome.kind, 'measured');
  });
  it('stops when its time is up', async () => {
    const scene = { ...empty, stars: randomStars(60, 256, 5000, 1e5, 0.6, 91), seed: 10 };
    const result = await measurePlane(paint(scene), { deadlinePassed: () => true }, crew);
    assert.ok(result.warnings.some((w) => w.includes('time')));
  });
});

describe('a plane of many bright stars', async () => {
  const size = 2000;
  const scene: Scene = {
    width: size,
    height: size,
    stars: randomStars(2600, size, 900, 2e5, 0.4, 31),
    fwhmPx: 2.8,
    skyE: 100,
    seed: 32,
  };
  const searches: { name: string; threshold: number; nPlaces: number }[] = [];
  const spy: typeof crew = {
    threads: 1,
    run(name, args, parts) {
      if (name === 'findPeaks' || name === 'weighPeaks') {
        const { threshold } = name === 'findPeaks' ? (args as PeakTask) : (args as PlaceTask).peaks;
        searches.push({ name, threshold, nPlaces: name === 'findPeaks' ? 0 : (args as PlaceTask).x.length });
      }
      return crew.run(name, args, parts);
    },
  };
  const result = await measurePlane(paint(scene), {}, spy);

  it('is begun with these alone', () => {
    const [look, bright, last, ...more] = searches;
    assert.deepEqual([look!.name, bright!.name, last!.name, more.length], ['findPeaks', 'weighPeaks', 'findPeaks', 0]);
    assert.equal(bright!.threshold, 20);
    assert.ok(bright!.nPlaces > 1500, `${bright!.nPlaces}`);
    assert.ok(last!.threshold < 6, `${last!.threshold}`);
  });
  it('shows its faint stars all the same', () => {
    // Of the 2,600, each with S/N 12 or more, some thirty lie within 0.6 FWHM of a brighter one.
    const { matches, nFalse } = match(scene, result, 2);
    assert.ok(matches.length >= 2560, `${matches.length}`);
    assert.ok(nFalse <= 12, `${nFalse} false`);
  });
});
