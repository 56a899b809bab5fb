import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { differencePlanes } from '../../../../pipeline/difference/subtract.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { robustScatter } from '../../../../pipeline/photometry/limit.ts';
import {
  type Epoch,
  type HostErrors,
  hostField,
  measureTargets,
  observe,
  observeReference,
} from '../../../support/host-epochs.ts';
import { exposeField, onFrame, skyStars } from '../../../support/host-field.ts';
import { median } from '../../../support/photometry.ts';

const crew = soloCrew(kernels);

describe('targets in galaxies, in changing seeing', async () => {
  const field = hostField(400, 150, 7);
  const reference = await observeReference(field, 5, 50);
  const epochs: readonly Epoch[] = [
    { fwhmPx: 2.5, transparency: 1, targetE: 4000 },
    { fwhmPx: 3.3, transparency: 0.9, targetE: 4000 },
    { fwhmPx: 4.2, transparency: 0.85, targetE: 0 },
  ];
  const results: HostErrors[] = [];
  for (const [e, epoch] of epochs.entries()) {
    const seen = await observe(field, epoch, 500 + 20 * e);
    results.push(await measureTargets(field, seen, epoch, reference));
  }
  const difference = results.flatMap((result) => result.difference.map(({ sigma }) => sigma));
  const direct = results.flatMap((result) => result.direct.map(({ error }) => error));
  const errors = results.flatMap((result) => result.difference.map(({ error }) => error));

  it('are measured without the galaxy on the difference', () => {
    // 27 pulls: their median is known to 0.24, their width to 20 %.
    assert.ok(Math.abs(median(difference)) < 0.7, `median ${median(difference)}`);
    const width = robustScatter(difference);
    assert.ok(width > 0.5 && width < 1.6, `width ${width}`);
  });
  it('are measured with much of the galaxy on the frame itself', () => {
    assert.ok(median(direct) > 8 * Math.abs(median(errors)), `${median(direct)} ${median(errors)}`);
    assert.ok(median(direct) > 2000, `${median(direct)}`);
  });
  it('convolves the sharper of the two', () => {
    assert.deepEqual(
      results.map(({ outcome }) => outcome.convolved),
      ['frame', 'reference', 'reference'],
    );
  });
  it('leaves the noise of both and no more', () => {
    for (const { outcome } of results) {
      const ratio = outcome.skyRmsE / outcome.expectedRmsE;
      assert.ok(ratio > 0.9 && ratio < 1.08, `${ratio}`);
      assert.ok(outcome.errorFactor < 1.3, `${outcome.errorFactor}`);
    }
  });
});

describe('the difference of two frames', async () => {
  const stars = skyStars(130, 420, 2000, 3e5, 31);
  const scene = { width: 360, height: 360, fwhmPx: 3.2, skyE: 300 };
  const varied = stars.findIndex(({ x, y, flux }) => Math.hypot(x, y) < 110 && flux > 5000 && flux < 20_000);
  const see = async (fwhmPx: number, seed: number, factor: number) => {
    const now = stars.map((star, k) => (k === varied ? { ...star, flux: star.flux * factor } : star));
    const one = { ...scene, fwhmPx, seed, shift: [seed % 3, 1.4] as const };
    const plane = exposeField(now, [], one);
    return { one, plane, measurement: await measurePlane(plane, {}, crew) };
  };
  const reference = await see(3, 1, 1);
  const frame = await see(3.5, 2, 1.5);
  const outcome = await differencePlanes(frame, reference, crew);
  assert.ok(outcome.kind === 'differenced');

  it('is empty at stars that are constant', () => {
    const constant = stars.flatMap((star, k) => {
      const place = onFrame(frame.one, star.x, star.y);
      const inside = place.x > 25 && place.y > 25 && place.x < 335 && place.y < 335;
      const apart = Math.hypot(star.x - stars[varied]!.x, star.y - stars[varied]!.y) > 20;
      return k !== varied && inside && apart ? [place] : [];
    });
    const pulls = outcome.force(constant).map(({ flux, fluxErr }) => flux / fluxErr);
    assert.ok(pulls.length > 60);
    assert.ok(Math.abs(median(pulls)) < 0.5, `${median(pulls)}`);
    assert.ok(robustScatter(pulls) > 0.7 && robustScatter(pulls) < 1.4, `${robustScatter(pulls)}`);
  });
  it('holds what a star has gained, and the reference the rest', () => {
    const star = stars[varied]!;
    const [measured] = outcome.force([onFrame(frame.one, star.x, star.y)]);
    const { flux, fluxErr, referenceFlux, referenceFluxErr } = measured!;
    assert.ok(Math.abs(flux - 0.5 * star.flux) < 4 * fluxErr, `${flux} ${0.5 * star.flux} +- ${fluxErr}`);
    const total = flux + referenceFlux;
    assert.ok(Math.abs(total - 1.5 * star.flux) < 4 * Math.hypot(fluxErr, referenceFluxErr), `${total}`);
  });
  it('is none where the fields differ', async () => {
    const plane = exposeField(skyStars(100, 420, 2000, 3e5, 77), [], { ...scene, seed: 5 });
    const other = { plane, measurement: await measurePlane(plane, {}, crew) };
    const none = await differencePlanes(frame, other, crew);
    assert.ok(none.kind === 'not differenced' && none.reason.includes('reference'));
  });
});
