import { AstroTime, BaryState, Body, ObserverVector } from 'astronomy-engine';
import { observerAt, type Site } from '../../sky/site.ts';
import { positionOf, type SkyPosition, type Vector } from '../../sky/sphere.ts';
import { astroTime, lightSecondsPerAu, ttOfUtc } from '../time/barycentre.ts';
import { type Mjd, mjdNumber, secondsPerDay } from '../time/mjd.ts';
import { heliocentric, type Orbit } from './kepler.ts';

const mjdOfJ2000 = 51544.5;

/**
 * Where a body on an orbit is seen among the stars from a site at a UTC moment (astrometric place, ICRS, degrees): where it
 * was when its light left it, from where the observer is. The Earth of astronomy-engine is good to 2000 km, 3" at a distance of 1 au.
 * Without a site from the centre of the Earth (9" at 1 au).
 */
export function placeOnOrbit(
  orbit: Orbit,
  mjdUtc: Mjd,
  site: Site | undefined,
): SkyPosition & { readonly distanceAu: number } {
  const tt = mjdNumber(ttOfUtc(mjdUtc));
  const observer = barycentric(tt, mjdUtc, site);
  let distanceAu = 0;
  let to: Vector = [1, 0, 0];
  for (let round = 0; round < 4; round++) {
    const leftAt = tt - (distanceAu * lightSecondsPerAu) / secondsPerDay;
    const sun = BaryState(Body.Sun, AstroTime.FromTerrestrialTime(leftAt - mjdOfJ2000));
    const [x, y, z] = heliocentric(orbit, leftAt);
    to = [sun.x + x - observer[0], sun.y + y - observer[1], sun.z + z - observer[2]];
    distanceAu = Math.hypot(...to);
  }
  return { ...positionOf(...to), distanceAu };
}

/** Barycentric, equatorial J2000, au. */
function barycentric(tt: number, mjdUtc: Mjd, site: Site | undefined): Vector {
  const earth = BaryState(Body.Earth, AstroTime.FromTerrestrialTime(tt - mjdOfJ2000));
  if (!site) return [earth.x, earth.y, earth.z];
  const place = ObserverVector(astroTime(mjdUtc), observerAt(site), false);
  return [earth.x + place.x, earth.y + place.y, earth.z + place.z];
}
