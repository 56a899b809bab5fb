import type { Site } from '../../sky/site.ts';
import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import type { Motion, Target } from '../stages/state.ts';
import { addSeconds, type Mjd, mjdNumber } from '../time/mjd.ts';
import type { Orbit } from './kepler.ts';
import { placeOnOrbit } from './orbit-place.ts';
import { type Ephemeris, placeInTable } from './table.ts';

/** A target that moves, by its orbit or by a table of places. */
export type MovingTarget = { readonly name: string } & ({ readonly orbit: Orbit } | { readonly ephemeris: Ephemeris });

/** When and from where a frame was taken. */
export interface Exposure {
  readonly midUtc: Mjd | undefined;
  readonly exposureS: number | undefined;
  readonly site: Site | undefined;
}

/** The target where it stands in the middle of the exposure, or why that is not known. */
export function placeTarget(
  target: MovingTarget,
  { midUtc, exposureS = 0, site }: Exposure,
): { readonly target: Target } | { readonly reason: string } {
  if (!midUtc) return { reason: `where ${target.name} stood is not known: the frame does not tell its time` };
  const spanS = Math.max(exposureS, 60);
  const at = (offsetS: number): SkyPosition | undefined => {
    const moment = addSeconds(midUtc, offsetS);
    return 'orbit' in target
      ? placeOnOrbit(target.orbit, moment, site)
      : placeInTable(target.ephemeris, mjdNumber(moment));
  };
  const mid = at(0);
  if (!mid) return { reason: `the ephemeris of ${target.name} does not reach the time of this frame` };
  const motion = motionOf(at(-spanS / 2) ?? mid, at(spanS / 2) ?? mid, spanS);
  return { target: { name: target.name, raDeg: mid.raDeg, decDeg: mid.decDeg, motion } };
}

function motionOf(from: SkyPosition, to: SkyPosition, spanS: number): Motion {
  return { arcsecPerMin: (separationDeg(from, to) * 3600 * 60) / spanS };
}
