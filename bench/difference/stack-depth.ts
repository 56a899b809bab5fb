import { Random } from '../../base/random.ts';
import { soloCrew } from '../../pipeline/crew.ts';
import { kernels } from '../../pipeline/kernels.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import { memberOf, type StackMember } from '../../pipeline/stack/member.ts';
import { stackPlanes } from '../../pipeline/stack/stack.ts';
import { type ExposureScene, exposeField, onFrame, skyStars } from '../../test/support/host-field.ts';
import { median, robustWidth } from '../photometry/score.ts';

const size = 420;
const crew = soloCrew(kernels);

/** Depth, fluxes and errors of stacks of simulated frames: shifted, turned, in cloud and changing seeing. */
export async function stackDepth(nSeeds: number): Promise<void> {
  for (const { fwhmPx, nFrames } of [
    { fwhmPx: 3, nFrames: 9 },
    { fwhmPx: 2.2, nFrames: 12 },
  ]) {
    const gains: number[] = [];
    const ratios: number[] = [];
    const pulls: number[] = [];
    const blanks: number[] = [];
    for (let seed = 0; seed < nSeeds; seed++) {
      const result = await oneStack(fwhmPx, nFrames, 100 * seed + 5);
      gains.push(result.gain);
      ratios.push(...result.ratios);
      pulls.push(...result.pulls);
      blanks.push(...result.blanks);
    }
    console.log(
      `stacks of ${nFrames} frames of FWHM ${fwhmPx}-${(1.1 * fwhmPx).toFixed(1)} px: ${median(gains).toFixed(2)} times` +
        ` deeper (root ${Math.sqrt(nFrames).toFixed(2)}); bright stars ${(100 * (median(ratios) - 1)).toFixed(2)} %` +
        ` (scatter ${(100 * robustWidth(ratios)).toFixed(2)} %); pull width of ${pulls.length} stars` +
        ` ${robustWidth(pulls).toFixed(2)}, of ${blanks.length} blank places ${robustWidth(blanks).toFixed(2)}`,
    );
  }
}

async function oneStack(fwhmPx: number, nFrames: number, seed: number) {
  const random = new Random(seed);
  const stars = skyStars(220, size + 100, 1500, 3e5, seed + 1);
  const scenes: ExposureScene[] = [];
  const members: StackMember[] = [];
  const limits: number[] = [];
  for (let k = 0; k < nFrames; k++) {
    const scene = {
      width: size,
      height: size,
      fwhmPx: fwhmPx * (1 + 0.05 * (k % 3)),
      skyE: 300,
      gradient: 0.1 * random.normal(),
      transparency: 1 - 0.2 * random.uniform(),
      shift: [8 * random.normal(), 8 * random.normal()] as const,
      turnDeg: random.normal(),
      seed: seed + 10 + k,
    };
    const plane = exposeField(stars, [], scene);
    const measured = await measurePlane(plane, {}, crew);
    scenes.push(scene);
    limits.push(measured.limitFluxE / scene.transparency);
    members.push(memberOf(`${k}`, plane, measured, { exposureS: undefined, midUtc: undefined })!);
  }
  const stack = await stackPlanes(members, crew);
  if (stack.kind !== 'stacked') throw new Error(stack.reason);
  const scene = scenes[stack.reference]!;
  const unit = stack.gain * scene.transparency!;
  const deep = await measurePlane(stack.plane, {}, crew);
  const { x, y, flux, fluxErr } = deep.sources;
  const places = stars.map((star) => ({ ...onFrame(scene, star.x, star.y), flux: star.flux }));
  const inside = places.filter((p) => p.x > 20 && p.y > 20 && p.x < size - 20 && p.y < size - 20);
  const matches = inside.flatMap((p) => {
    const row = [...x.keys()].find((r) => Math.hypot(x[r]! - p.x, y[r]! - p.y) < 0.7);
    return row === undefined ? [] : [{ truth: p.flux, flux: flux[row]! / unit, error: fluxErr[row]! / unit }];
  });
  const blank: { x: number; y: number }[] = [];
  for (let attempt = 0; attempt < 5000 && blank.length < 60; attempt++) {
    const place = { x: 25 + random.uniform() * (size - 50), y: 25 + random.uniform() * (size - 50) };
    if ([...places, ...blank].every((p) => Math.hypot(p.x - place.x, p.y - place.y) > 4 * fwhmPx)) blank.push(place);
  }
  return {
    gain: (median(limits) * unit) / deep.limitFluxE,
    ratios: matches.filter(({ truth }) => truth > 2e4).map((match) => match.flux / match.truth),
    pulls: matches.map((match) => (match.flux - match.truth) / match.error),
    blanks: deep.force(blank).map((m) => m.flux / m.fluxErr),
  };
}
