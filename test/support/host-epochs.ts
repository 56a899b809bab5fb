import { Random } from '../../base/random.ts';
import { soloCrew } from '../../pipeline/crew.ts';
import { differencePlanes } from '../../pipeline/difference/subtract.ts';
import { kernels } from '../../pipeline/kernels.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import { memberOf, type StackMember } from '../../pipeline/stack/member.ts';
import { stackPlanes } from '../../pipeline/stack/stack.ts';
import type { MeasuredPlane } from '../../pipeline/stages/state.ts';
import { type ExposureScene, exposeField, type Host, onFrame, type SkyStar, skyStars } from './host-field.ts';
import { median } from './photometry.ts';

/** A field of galaxies, each with a target off its centre, and stars between them. */
export interface HostField {
  readonly sizePx: number;
  readonly hosts: readonly Host[];
  /** Places of the targets, pixels from the middle of the field. */
  readonly targets: readonly { readonly x: number; readonly y: number }[];
  readonly stars: readonly SkyStar[];
}

const spacingPx = 110;
const skyE = 400;
const crew = soloCrew(kernels);

export function hostField(sizePx: number, nStars: number, seed: number): HostField {
  const random = new Random(seed);
  const hosts: Host[] = [];
  const targets: { x: number; y: number }[] = [];
  const n = Math.floor((sizePx - 60) / spacingPx);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const x = spacingPx * (i - (n - 1) / 2) + 3 * random.normal();
      const y = spacingPx * (j - (n - 1) / 2) + 3 * random.normal();
      const halfLightPx = 3 + 4 * random.uniform();
      const sersic = random.uniform() < 0.5 ? 1 : 2;
      const flux = 2e4 * (1 + 3 * random.uniform());
      hosts.push({ x, y, flux, sersic, halfLightPx, axisRatio: 0.5 + 0.5 * random.uniform() });
      const angle = 2 * Math.PI * random.uniform();
      const radius = halfLightPx * (0.3 + 0.9 * random.uniform());
      targets.push({ x: x + radius * Math.cos(angle), y: y + 0.7 * radius * Math.sin(angle) });
    }
  }
  return { sizePx, hosts, targets, stars: skyStars(nStars, sizePx + 60, 2000, 3e5, seed + 1, hosts, 22) };
}

/** How an epoch sees the field: the targets shine with `targetE` electrons under a clear sky. */
export interface Epoch {
  readonly fwhmPx: number;
  readonly transparency: number;
  readonly targetE: number;
}

export interface SeenEpoch extends MeasuredPlane {
  readonly scene: ExposureScene;
  /** Where the targets are on it, 0-based pixels. */
  readonly places: readonly { readonly x: number; readonly y: number }[];
}

export async function observe(field: HostField, epoch: Epoch, seed: number): Promise<SeenEpoch> {
  const random = new Random(seed);
  const scene: ExposureScene = {
    width: field.sizePx,
    height: field.sizePx,
    fwhmPx: epoch.fwhmPx,
    skyE,
    transparency: epoch.transparency,
    gradient: 0.15 * random.normal(),
    shift: [6 * random.normal(), 6 * random.normal()],
    // Hosts are painted along the axes of the frame: a turn must not matter to them.
    turnDeg: 0.05 * random.normal(),
    seed: seed + 1,
  };
  const shining = field.targets.map((target) => ({ ...target, flux: epoch.targetE }));
  const plane = exposeField([...field.stars, ...shining], field.hosts, scene);
  const measurement = await measurePlane(plane, {}, crew);
  return { scene, plane, measurement, places: field.targets.map(({ x, y }) => onFrame(scene, x, y)) };
}

/** A reference of `n` good frames without the targets, stacked and measured. */
export async function observeReference(field: HostField, n: number, seed: number): Promise<MeasuredPlane> {
  const members: StackMember[] = [];
  for (let k = 0; k < n; k++) {
    const epoch = { fwhmPx: 2.8 + 0.08 * k, transparency: 1 - 0.02 * k, targetE: 0 };
    const { plane, measurement } = await observe(field, epoch, seed + 10 * k);
    members.push(memberOf(`reference ${k}`, plane, measurement, { exposureS: 60, midUtc: undefined })!);
  }
  const stack = await stackPlanes(members, crew);
  if (stack.kind !== 'stacked') throw new Error(stack.reason);
  return { plane: stack.plane, measurement: await measurePlane(stack.plane, {}, crew) };
}

/** Errors of the targets' fluxes, by difference and by direct PSF photometry, in electrons of the frame and in sigmas. */
export interface HostErrors {
  readonly difference: { readonly error: number; readonly sigma: number; readonly truth: number }[];
  readonly direct: { readonly error: number; readonly sigma: number; readonly truth: number }[];
  readonly outcome: Extract<Awaited<ReturnType<typeof differencePlanes>>, { kind: 'differenced' }>;
}

export async function measureTargets(
  field: HostField,
  seen: SeenEpoch,
  epoch: Epoch,
  reference: MeasuredPlane,
): Promise<HostErrors> {
  const outcome = await differencePlanes(seen, reference, crew);
  if (outcome.kind !== 'differenced') throw new Error(outcome.reason);
  // Fluxes are normalised as the frame's catalogue is; a zero point takes that out.
  const truth = epoch.targetE * epoch.transparency * starRatio(field, seen);
  const against = (measured: readonly { flux: number; fluxErr: number }[]) =>
    measured.map(({ flux, fluxErr }) => ({ error: flux - truth, sigma: (flux - truth) / fluxErr, truth }));
  return {
    difference: against(outcome.force(seen.places)),
    direct: against(seen.places.map((place) => seen.measurement.force([place])[0]!)),
    outcome,
  };
}

/** Median of measured over true flux of the frame's bright stars. */
function starRatio({ stars }: HostField, { scene, measurement }: SeenEpoch): number {
  const { sources } = measurement;
  const ratios = stars.flatMap((star) => {
    if (star.flux < 2e4) return [];
    const { x, y } = onFrame(scene, star.x, star.y);
    const row = [...sources.x.keys()].find((r) => Math.hypot(sources.x[r]! - x, sources.y[r]! - y) < 0.5);
    return row === undefined ? [] : [sources.flux[row]! / (star.flux * scene.transparency!)];
  });
  return median(ratios);
}
