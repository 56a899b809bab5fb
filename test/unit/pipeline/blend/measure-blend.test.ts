import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BlendOutcome, measureBlend } from '../../../../pipeline/blend/measure-blend.ts';
import { type BlendedEpoch, blendedEpoch } from '../../../support/blended-epochs.ts';

const separationPx = 3.2;
const neighbour = { x: 3, y: 1.1, flux: 7000 };
/** The pair is 1.3 FWHM apart in the sharpest frame and 0.65 in the most blurred. */
const seeing = [2.5, 2.7, 2.9, 3.1, 3.4, 3.7, 4, 4.3, 4.6, 4.9];

function series(
  neighbours: Parameters<typeof blendedEpoch>[0]['neighbours'],
  targetE: (at: number) => number,
  maskedAt = -1,
): Promise<BlendedEpoch[]> {
  return Promise.all(
    seeing.map((fwhmPx, at) =>
      blendedEpoch({ fwhmPx, targetE: targetE(at), neighbours, seed: 100 + at, maskedPx: at === maskedAt ? 3 : 0 }),
    ),
  );
}

function held(outcome: BlendOutcome): Extract<BlendOutcome, { kind: 'held' }> {
  assert.equal(outcome.kind, 'held');
  return outcome as Extract<BlendOutcome, { kind: 'held' }>;
}

const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

describe('a blend over many frames', () => {
  it('is parted in the frames that cannot part it, with errors that are true', async () => {
    const seen = await series([neighbour], (at) => 15000 * (1 + 0.5 * Math.sin(at)));
    const outcome = held(measureBlend(seen.map(({ epoch }) => epoch)));
    assert.equal(outcome.nStars, 2);
    // Ten frames with a signal to noise of some 70 and 30 place the two to about 0.02 px.
    assert.ok(Math.abs(outcome.nearestArcsec - separationPx) < 0.1, `${outcome.nearestArcsec}`);
    const pulls = outcome.fluxes.map((one, at) => (one!.flux - seen[at]!.truth) / one!.fluxErr);
    // The width of ten pulls is known to 0.22.
    assert.ok(rms(pulls) > 0.4 && rms(pulls) < 1.6, `${rms(pulls)}`);
    assert.ok(pulls.every((pull) => Math.abs(pull) < 4));
    const blurred = seen.flatMap((one, at) => (seeing[at]! > 3.5 ? [{ ...one, held: outcome.fluxes[at]! }] : []));
    const error = rms(blurred.map((one) => one.held.flux / one.truth - 1));
    const alone = rms(blurred.map((one) => (one.alone?.flux ?? 0) / one.truth - 1));
    // Half of it here; five frames tell such a ratio to a third.
    assert.ok(error < 0.7 * alone, `${error} beside ${alone} of single frames`);
  });

  it('gives a transient beside a star no light while it is not there', async () => {
    const burst = (at: number): number => (at >= 7 ? 6000 : 0);
    const seen = await series([neighbour], burst);
    const outcome = held(measureBlend(seen.map(({ epoch }) => epoch)));
    assert.equal(outcome.nStars, 2);
    for (const [at, one] of outcome.fluxes.entries())
      assert.ok(Math.abs(one!.flux - seen[at]!.truth) < 4 * one!.fluxErr, `${at}: ${one!.flux} +- ${one!.fluxErr}`);
  });

  it('is nothing that a lonely target or one with a far neighbour would be', async () => {
    const far = { x: 9, y: 0, flux: 7000 };
    const seen = await series([far], () => 15000);
    assert.deepEqual(measureBlend(seen.map(({ epoch }) => epoch)), { kind: 'alone' });
  });

  it('has no flux where the target lies on bad pixels, and is not held by two frames', async () => {
    const seen = await series([neighbour], () => 15000, 4);
    const epochs = seen.map(({ epoch }) => epoch);
    const { fluxes } = held(measureBlend(epochs));
    assert.deepEqual([fluxes[4], fluxes.filter((one) => one).length], [undefined, seeing.length - 1]);
    assert.equal(measureBlend(epochs.slice(0, 2)).kind, 'not held');
  });
});
