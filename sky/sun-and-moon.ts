import { Body, GeoVector, Illumination, ObserverVector } from 'astronomy-engine';
import { type Horizontal, horizontalOfVector } from './horizontal.ts';
import { astroTimeOf } from './moment.ts';
import { observerAt, type Site } from './site.ts';
import { positionOf, type SkyPosition, separationDeg, type Vector } from './sphere.ts';

/** Where the centre of the Sun stands over a site at a moment (Unix milliseconds). */
export function sunAt(site: Site, atMs: number): Horizontal {
  return horizontalOfVector(fromSite(Body.Sun, site, atMs), site, atMs);
}

/** Where the centre of the Moon stands over a site, parallax included. */
export function moonAt(site: Site, atMs: number): Horizontal {
  return horizontalOfVector(fromSite(Body.Moon, site, atMs), site, atMs);
}

/** Where the centre of the Moon is among the stars, seen from a site: J2000. */
export function moonPosition(site: Site, atMs: number): SkyPosition {
  return positionOf(...fromSite(Body.Moon, site, atMs));
}

/** Angle between the Moon, seen from the site, and an ICRS position. */
export function moonDistanceDeg(position: SkyPosition, site: Site, atMs: number): number {
  return separationDeg(moonPosition(site, atMs), position);
}

/** Illuminated share of the Moon's disc, 0 to 1. */
export function moonLitFraction(atMs: number): number {
  return Illumination(Body.Moon, astroTimeOf(atMs)).phase_fraction;
}

/** From the site to a body as it is seen (light time and aberration), equatorial J2000, au. */
function fromSite(body: Body, site: Site, atMs: number): Vector {
  const time = astroTimeOf(atMs);
  const fromEarth = GeoVector(body, time, true);
  const toSite = ObserverVector(time, observerAt(site), false);
  return [fromEarth.x - toSite.x, fromEarth.y - toSite.y, fromEarth.z - toSite.z];
}
