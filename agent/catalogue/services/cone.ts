import { RetryLater } from '../../../base/errors.ts';
import { type SkyPosition, separationDeg } from '../../../sky/sphere.ts';
import type { StarTable } from '../star-table.ts';

/** A piece of sky, down to a magnitude in Gaia's G. */
export interface Cone extends SkyPosition {
  readonly radiusDeg: number;
  readonly depthMag: number;
}

export interface ConeAnswer {
  /** Stars of the cone, brightest in G first. */
  readonly stars: StarTable;
  /** Down to here no star is missing; brighter than what was asked for when the answer was cut. */
  readonly depthMag: number;
}

/** Somewhere that Gaia's stars can be got. */
export interface StarService {
  readonly id: string;
  /** Whether it gives synthetic photometry too. */
  readonly hasAllBands: boolean;
  /** Rejects with RetryLater for whatever is no whole and honest answer. */
  cone(cone: Cone, maxStars: number, signal: AbortSignal): Promise<ConeAnswer>;
}

/** The least stars per square degree to G 17 that any piece of sky of a degree has, by far (the poles have a thousand). */
const fewestPerSquareDeg = 20;
const slackDeg = 0.001;

/**
 * Takes an answer for what it says only when it is what was asked for: stars of the cone, each once, within the
 * magnitudes, in order, and not implausibly few. A cut answer is whole down to its last star.
 */
export function checkedCone(stars: StarTable, cone: Cone, isCut: boolean, what: string): ConeAnswer {
  const wrong = (how: string) =>
    new RetryLater('SERVICE_LIES', `The answer of ${what} is not what was asked for: ${how}.`);
  const g = stars.bands.get('G')?.mag;
  if (!g) throw wrong('it has no G magnitudes');
  for (let k = 0; k < stars.count; k++) {
    if (separationDeg(cone, { raDeg: stars.raDeg[k]!, decDeg: stars.decDeg[k]! }) > cone.radiusDeg + slackDeg) {
      throw wrong('it holds stars from elsewhere');
    }
    if (!(g[k]! <= cone.depthMag)) throw wrong('it holds fainter stars');
    if (k > 0 && g[k]! < g[k - 1]!) throw wrong('its stars are not in order');
  }
  if (new Set(stars.id).size !== stars.count) throw wrong('it holds a star twice');
  const squareDeg = Math.PI * cone.radiusDeg ** 2;
  if (!isCut && cone.depthMag >= 16 && stars.count < fewestPerSquareDeg * squareDeg) {
    throw wrong(`${stars.count} stars on ${squareDeg.toFixed(2)} square degrees are too few to be all`);
  }
  return {
    stars,
    depthMag: isCut ? Math.min(cone.depthMag, g[stars.count - 1] ?? Number.NEGATIVE_INFINITY) : cone.depthMag,
  };
}
