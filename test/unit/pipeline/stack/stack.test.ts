import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane, type PlaneMeasurement } from '../../../../pipeline/measure.ts';
import { robustScatter } from '../../../../pipeline/photometry/limit.ts';
import { memberOf, type StackMember } from '../../../../pipeline/stack/member.ts';
import { stackPlanes } from '../../../../pipeline/stack/stack.ts';
import { type ExposureScene, exposeField, onFrame, skyStars } from '../../../support/host-field.ts';
import { median } from '../../../support/photometry.ts';

const crew = soloCrew(kernels);
const size = 400;
const nFrames = 9;
const trailed = 2;
const rayed = 4;
const stars = skyStars(210, 500, 1500, 3e5, 5);
const trail = Array.from({ length: 250 }, (_, i) => ({ x: 60 + i, y: 90 + 0.7 * i, electrons: 400 }));
const ray = { x: 201, y: 66, electrons: 6000 };

/** Frames of one field: shifted, turned, through thin cloud, each with its own seeing and moonlight. */
const random = new Random(3);
const scenes = Array.from(
  { length: nFrames },
  (_, k): ExposureScene => ({
    width: size,
    height: size,
    fwhmPx: 3 * (1 + 0.05 * (k % 3)),
    skyE: 300,
    gradient: 0.1 * random.normal(),
    transparency: 1 - 0.2 * random.uniform(),
    shift: [8 * random.normal(), 8 * random.normal()],
    turnDeg: random.normal(),
    hits: k === trailed ? trail : k === rayed ? [ray] : [],
    seed: 100 + k,
  }),
);

/** Places at least `far` pixels from any star of the field and from each other. */
function blankPlaces(scene: ExposureScene, n: number, far: number, seed: number): { x: number; y: number }[] {
  const draw = new Random(seed);
  const taken = stars.map((star) => onFrame(scene, star.x, star.y));
  const places: { x: number; y: number }[] = [];
  for (let attempt = 0; attempt < 100 * n && places.length < n; attempt++) {
    const place = { x: 25 + draw.uniform() * (size - 50), y: 25 + draw.uniform() * (size - 50) };
    if ([...taken, ...places].every((other) => Math.hypot(other.x - place.x, other.y - place.y) > far)) {
      places.push(place);
    }
  }
  return places;
}

describe('a stack of nine dithered, turned frames', async () => {
  const members: StackMember[] = [];
  const limits: number[] = [];
  for (const [k, scene] of scenes.entries()) {
    const plane = exposeField(stars, [], scene);
    // The trail and the ray are left to the stack: what single frames mask is no test of it.
    const measured = await measurePlane({ ...plane, mask: new Uint8Array(plane.mask) }, {}, crew);
    limits.push(measured.limitFluxE / scene.transparency!);
    const time = { exposureS: 60, midUtc: { day: 60000, fraction: 0.001 * k } };
    members.push(memberOf(`frame ${k}`, plane, measured, time)!);
  }
  const outcome = await stackPlanes(members, crew);
  assert.ok(outcome.kind === 'stacked');
  const scene = scenes[outcome.reference]!;
  const unit = outcome.gain * scene.transparency!;
  const deep: PlaneMeasurement = await measurePlane(outcome.plane, {}, crew);

  const matches = stars.flatMap((star) => {
    const { x, y } = onFrame(scene, star.x, star.y);
    if (x < 20 || y < 20 || x > size - 20 || y > size - 20) return [];
    const t = deep.sources;
    const row = [...t.x.keys()].find((r) => Math.hypot(t.x[r]! - x, t.y[r]! - y) < 0.5);
    if (row === undefined) return [];
    const flux = t.flux[row]! / unit;
    const pull = (flux - star.flux) / (t.fluxErr[row]! / unit);
    return [{ star, pull, ratio: flux / star.flux, dx: t.x[row]! - x, dy: t.y[row]! - y }];
  });

  it('goes deeper by nearly the square root of their number', () => {
    // Thin cloud and unequal seeing cost some of it.
    const gain = median(limits) / (deep.limitFluxE / unit);
    assert.ok(gain > 0.9 * Math.sqrt(nFrames) && gain < 1.08 * Math.sqrt(nFrames), `${gain}`);
  });
  it('keeps fluxes to half a per cent', () => {
    const bright = matches.filter(({ star }) => star.flux > 2e4).map(({ ratio }) => ratio);
    assert.ok(bright.length > 15);
    assert.ok(Math.abs(median(bright) - 1) < 0.005, `${median(bright)}`);
  });
  it('keeps positions to a twentieth of a pixel', () => {
    const bright = matches.filter(({ star }) => star.flux > 2e4);
    for (const axis of ['dx', 'dy'] as const) {
      assert.ok(Math.abs(median(bright.map((match) => match[axis]))) < 0.02);
      assert.ok(robustScatter(bright.map((match) => match[axis])) < 0.05);
    }
  });
  it('has errors that are true', () => {
    // About 110 stars: 8 % per sigma; 240 blank places: 5.5 %.
    const width = robustScatter(matches.map(({ pull }) => pull));
    assert.ok(width > 0.78 && width < 1.22, `stars ${width}`);
    const blank = [1, 2, 3, 4].flatMap((seed) => deep.force(blankPlaces(scene, 60, 11, seed)));
    const pulls = blank.map(({ flux, fluxErr }) => flux / fluxErr);
    assert.ok(pulls.length > 200);
    assert.ok(robustScatter(pulls) > 0.88 && robustScatter(pulls) < 1.12, `blank ${robustScatter(pulls)}`);
    assert.ok(Math.abs(median(pulls)) < 0.25, `${median(pulls)}`);
  });
  it('shows neither the trail nor the cosmic ray of one frame', () => {
    const place = (k: number, hit: { x: number; y: number }) => {
      // From pixels of that frame to the sky and to the stack.
      const from = scenes[k]!;
      const angle = (-(from.turnDeg ?? 0) * Math.PI) / 180;
      const u = hit.x - (size - 1) / 2 - from.shift![0];
      const v = hit.y - (size - 1) / 2 - from.shift![1];
      return onFrame(scene, Math.cos(angle) * u - Math.sin(angle) * v, Math.sin(angle) * u + Math.cos(angle) * v);
    };
    const clear = (p: { x: number; y: number }) =>
      stars.every((star) => {
        const at = onFrame(scene, star.x, star.y);
        return Math.hypot(at.x - p.x, at.y - p.y) > 12;
      });
    const along = trail.map((hit) => place(trailed, hit)).filter((p, i) => i % 9 === 0 && clear(p));
    assert.ok(along.length > 8);
    const trailPulls = deep.force(along).map(({ flux, fluxErr }) => flux / fluxErr);
    // Kept in one of nine frames, the trail would stand at some 20 sigma.
    assert.ok(Math.abs(median(trailPulls)) < 1, `${median(trailPulls)}`);
    const [hit] = deep.force([place(rayed, ray)]);
    assert.ok(Math.abs(hit!.flux / hit!.fluxErr) < 4, `${hit!.flux / hit!.fluxErr}`);
  });
  it('tells its members, times and exposure', () => {
    assert.equal(outcome.members.length, nFrames);
    assert.equal(outcome.exposureS, 540);
    assert.ok(Math.abs(outcome.midUtc!.fraction - 0.004) < 0.0005);
    assert.ok(Math.abs(outcome.members.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-9);
  });
});

describe('a stack', () => {
  it('leaves out what does not belong, with the reason', async () => {
    const scene = scenes[0]!;
    const member = async (name: string, field: typeof stars, seed: number) => {
      const plane = exposeField(field, [], { ...scene, hits: [], seed });
      return memberOf(name, plane, await measurePlane(plane, {}, crew), { exposureS: 60, midUtc: undefined })!;
    };
    const members = [
      await member('a', stars, 1),
      await member('elsewhere', skyStars(150, 500, 1500, 3e5, 99), 2),
      await member('b', stars, 3),
    ];
    const outcome = await stackPlanes(members, crew);
    assert.ok(outcome.kind === 'stacked');
    assert.deepEqual(
      outcome.rejected.map(({ name }) => name),
      ['elsewhere'],
    );
    assert.equal(outcome.midUtc, undefined);
  });
  it('of one frame is none', async () => {
    assert.equal((await stackPlanes([], crew)).kind, 'not stacked');
  });
});
