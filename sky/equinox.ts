import { RotateVector, Rotation_EQD_EQJ, Vector } from 'astronomy-engine';
import { astroTimeOf } from './moment.ts';
import { localFrame, positionOf, type SkyPosition } from './sphere.ts';

/**
 * J2000 coordinates of a position given for the true equator and equinox of a date in Unix milliseconds (precession and
 * nutation, IAU 2006/2000B).
 */
export function j2000OfDate(ofDate: SkyPosition, atMs: number): SkyPosition {
  const time = astroTimeOf(atMs);
  const [x, y, z] = localFrame(ofDate).up;
  const j2000 = RotateVector(Rotation_EQD_EQJ(time), new Vector(x, y, z, time));
  return positionOf(j2000.x, j2000.y, j2000.z);
}
