import { ARCSEC_PER_RAD, localFrame, type SkyPosition } from '../../sky/sphere.ts';
import type { BandFit, StandardField } from './standardise.ts';
import { writePlace } from './zero-point.ts';

/** What is not known of a star's colour, one sigma, magnitudes: the spread of field stars in BP-RP and its like. */
const COLOUR_SPREAD = 0.4;

/**
 * The standard magnitude of a star by a fit: its instrumental magnitude plus zero point, the spatial terms at its
 * position (ICRS, degrees), and the colour term. `colour` is the star's own in the fit's colour; where it is unknown
 * that of the fit's pivot is taken and `extraErr` tells what that may cost.
 */
export function standardMagnitude(
  fit: BandFit,
  place: StandardField,
  star: SkyPosition & { readonly mag: number; readonly colour?: number | undefined },
): { mag: number; extraErr: number } {
  let mag = star.mag + fit.zeroPoint;
  if (fit.spatial) {
    const terms = new Float64Array(fit.spatial.length);
    const { u, v } = positionIn(place, star);
    writePlace(terms, 0, u, v, terms.length);
    for (let i = 0; i < terms.length; i++) mag += terms[i]! * fit.spatial[i]!;
  }
  if (!fit.colourTerm) return { mag, extraErr: 0 };
  const { value, pivot } = fit.colourTerm;
  if (star.colour === undefined || !Number.isFinite(star.colour))
    return { mag, extraErr: Math.abs(value) * COLOUR_SPREAD };
  return { mag: mag + value * (star.colour - pivot), extraErr: 0 };
}

function positionIn(
  { centreRaDeg, centreDecDeg, halfSideArcsec }: StandardField,
  star: SkyPosition,
): { u: number; v: number } {
  const { up, east, north } = localFrame({ raDeg: centreRaDeg, decDeg: centreDecDeg });
  const [x, y, z] = localFrame(star).up;
  const scale = ARCSEC_PER_RAD / halfSideArcsec / (x * up[0] + y * up[1] + z * up[2]);
  return {
    u: (x * east[0] + y * east[1] + z * east[2]) * scale,
    v: (x * north[0] + y * north[1] + z * north[2]) * scale,
  };
}
