import { RotateVector, Rotation_EQD_EQJ, Rotation_EQJ_EQD, type RotationMatrix, Vector } from 'astronomy-engine';
import { astroTimeOf } from './moment.ts';
import { localFrame, positionOf, type SkyPosition } from './sphere.ts';

/**
 * J2000 coordinates of a position given for the true equator and equinox of a date in Unix milliseconds (precession and
 * nutation, IAU 2006/2000B).
 */
export function j2000OfDate(ofDate: SkyPosition, atMs: number): SkyPosition {
  return rotated(ofDate, Rotation_EQD_EQJ(astroTimeOf(atMs)));
}

/** The other way round: a J2000 position for the true equator and equinox of the date. */
export function ofDateOfJ2000(j2000: SkyPosition, atMs: number): SkyPosition {
  return rotated(j2000, Rotation_EQJ_EQD(astroTimeOf(atMs)));
}

function rotated(position: SkyPosition, rotation: RotationMatrix): SkyPosition {
  const [x, y, z] = localFrame(position).up;
  const turned = RotateVector(rotation, new Vector(x, y, z, astroTimeOf(0)));
  return positionOf(turned.x, turned.y, turned.z);
}
