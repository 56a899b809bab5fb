import { culminationDeg } from '../../sky/horizontal.ts';
import type { Site } from '../../sky/site.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { Limits } from './constraints.ts';
import type { Exposures } from './duration.ts';

/** Why the instrument cannot take these exposures at all; undefined when it can. */
export function instrumentObstacle(exposures: readonly Exposures[], limits: Limits): string | undefined {
  for (const { exposureS, filter } of exposures) {
    if (exposureS > limits.maxExposureS)
      return `an exposure of ${exposureS} s is longer than the ${limits.maxExposureS} s this site allows`;
    if (filter === '' ? limits.filters.length > 0 : !limits.filters.includes(filter))
      return `there is no filter "${filter}" here; the wheel holds: ${limits.filters.join(', ') || 'none'}`;
  }
  return undefined;
}

/** Why a position never gets high enough at a site; undefined when it does. */
export function neverRises(
  position: Pick<SkyPosition, 'decDeg'>,
  site: Pick<Site, 'latitudeDeg'>,
  { minAltitudeDeg }: Pick<Limits, 'minAltitudeDeg'>,
): string | undefined {
  const highestDeg = culminationDeg(position, site);
  // A degree of grace for precession since 2000: the answer is final, so it must not be rash.
  if (highestDeg + 1 >= minAltitudeDeg) return undefined;
  return `from here the target never rises above ${highestDeg.toFixed(0)} deg; this site observes above ${minAltitudeDeg} deg`;
}
