import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import type { EnsembleFrame } from '../../../../pipeline/ensemble/frame.ts';
import type { IdentifiedStars } from '../../../../pipeline/ensemble/identify-stars.ts';
import { localMap } from '../../../../pipeline/ensemble/local-map.ts';

const nStars = 400;
const errorPx = 0.03;
const truth = [512.3, -0.8, 0.3, 498.7, 0.3, 0.8];

/** Stars over 30' whose places on the frame bend away from the linear map with the cube of the distance. */
function scene(seed: number, wrong: (star: number) => boolean) {
  const random = new Random(seed);
  const draw = () => Float64Array.from({ length: nStars }, () => 1800 * (random.uniform() - 0.5));
  const [eastArcsec, northArcsec] = [draw(), draw()];
  const place = (k: number, at: 0 | 3): number => {
    const [e, n] = [eastArcsec[k]!, northArcsec[k]!];
    const bend = 1 + 1e-9 * (e * e + n * n);
    const off = wrong(k) ? 1 : 0;
    const moved = truth[at + 1]! * e * bend + truth[at + 2]! * n * bend;
    return truth[at]! + moved + off + errorPx * random.normal();
  };
  const frame = {
    x: Float64Array.from(eastArcsec, (_, k) => place(k, 0)),
    y: Float64Array.from(eastArcsec, (_, k) => place(k, 3)),
    magErr: new Float64Array(nStars).fill(0.01),
    flags: new Int32Array(nStars),
  } as unknown as EnsembleFrame;
  const starOfRow = Int32Array.from({ length: nStars }, (_, k) => k);
  return { frame, starOfRow, stars: { eastArcsec, northArcsec } as unknown as IdentifiedStars };
}

describe('the map of a frame about the target', () => {
  it('comes from the stars nearby, with an error that is true, whatever a few of them do', () => {
    const pulls: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const { frame, starOfRow, stars } = scene(seed, (star) => star % 20 === 7);
      const { toPixel, sigmaPx } = localMap(frame, starOfRow, stars)!;
      // Eighty stars of 0.03 px each place the target to a ninth of that.
      assert.ok(sigmaPx > 0.002 && sigmaPx < 0.006, `${sigmaPx}`);
      pulls.push((toPixel[0]! - truth[0]!) / sigmaPx, (toPixel[3]! - truth[3]!) / sigmaPx);
    }
    const width = Math.sqrt(pulls.reduce((sum, pull) => sum + pull * pull, 0) / pulls.length);
    // The width of 120 pulls is known to 0.065.
    assert.ok(Math.abs(width - 1) < 0.2, `${width}`);
  });

  it('is not made of fewer than six stars', () => {
    const { frame, starOfRow, stars } = scene(1, () => false);
    assert.equal(localMap(frame, starOfRow.fill(-1, 6), stars), undefined);
  });
});
