import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { sceneNamed } from '../../../bench/photometry/scenes.ts';
import { scoreList, summarise } from '../../../bench/photometry/score.ts';
import { simulate } from '../../../bench/photometry/simulate.ts';
import { measureFile, median } from '../../support/photometry.ts';

const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-truth-'));
after(() => rmSync(folder, { recursive: true }));

/** Measures a small version of a scene for each seed and pools the scores of all true stars. */
async function pooled(scene: string, nStars: number, seeds: readonly number[]) {
  const scores = [];
  for (const seed of seeds) {
    const { frame, truth } = simulate({ ...sceneNamed(scene, true), nStars }, seed, join(folder, `${scene}-${seed}`));
    const { gainEPerAdu: gain, readNoiseE: readNoise, saturationAdu: saturation } = frame;
    const stars = (await measureFile(frame.light, { gain, readNoise, saturation })).filter(({ flux }) => flux > 0);
    const column = (of: (star: (typeof stars)[number]) => number) => Float64Array.from(stars, of);
    const list = {
      x: column(({ x }) => x - 1),
      y: column(({ y }) => y - 1),
      flux: column(({ flux }) => flux),
      fluxErr: column(({ fluxErr }) => fluxErr),
    };
    const score = scoreList(list, truth);
    assert.ok(score, `${scene} ${seed}: no bright stars`);
    scores.push(score);
  }
  const stars = scores.flatMap((score) => score.stars);
  return {
    bright: summarise(stars.filter(({ signalToNoise }) => signalToNoise >= 10)),
    zeroPoint: median(scores.map(({ zeroPoint }) => zeroPoint)),
    falseShare:
      scores.reduce((sum, { nFalse }) => sum + nFalse, 0) / scores.reduce((sum, { nListed }) => sum + nListed, 0),
  };
}

test('a sparse field: fluxes without bias, errors that are true', async () => {
  const { bright, zeroPoint, falseShare } = await pooled('sparse', 300, [11, 12, 13]);
  assert.ok(bright.nTrue > 300, `${bright.nTrue} true stars above S/N 10`);
  // 300 stars of S/N 10 and more: the median error is known to 0.2 %, widths to 5 %.
  assert.ok(Math.abs(zeroPoint - 1) < 0.005, `bright stars off by a factor ${zeroPoint}`);
  assert.ok(Math.abs(bright.bias) < 0.005, `bias ${bright.bias}`);
  assert.ok(bright.pullWidth > 0.8 && bright.pullWidth < 1.3, `pull width ${bright.pullWidth}`);
  assert.ok(bright.scatterOverBound < 1.2, `scatter ${bright.scatterOverBound} of the bound`);
  assert.ok(bright.completeness > 0.97, `complete to ${bright.completeness}`);
  assert.ok(falseShare < 0.03, `false share ${falseShare}`);
});

test('a crowded field: most stars within three bounds, hardly an invented one', async () => {
  const { bright, falseShare } = await pooled('crowded', 1700, [21]);
  assert.ok(bright.within3 > 0.92, `within three bounds ${bright.within3}`);
  assert.ok(bright.pullWidth > 0.8 && bright.pullWidth < 1.3, `pull width ${bright.pullWidth}`);
  assert.ok(falseShare < 0.02, `false share ${falseShare}`);
});

test('an undersampled field, FWHM 1.5 px: stars found and fluxes unbiased', async () => {
  const { bright, falseShare } = await pooled('undersampled', 500, [31, 32]);
  assert.ok(bright.within3 > 0.96, `within three bounds ${bright.within3}`);
  assert.ok(Math.abs(bright.bias) < 0.01, `bias ${bright.bias}`);
  assert.ok(falseShare < 0.02, `false share ${falseShare}`);
});
