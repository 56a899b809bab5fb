import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import { completeFromGaia } from './gaia-relations.ts';
import type { BandMagnitudes, ReferenceStars } from './reference.ts';

/** A star of the reference near a position, where it stands at the epoch asked for (ICRS, degrees). */
export interface NearStar extends SkyPosition {
  readonly separationArcsec: number;
  /** In the band asked for; NaN where neither the reference nor a colour relation tells. */
  readonly mag: number;
  readonly magErr: number;
  /** Its source calls it variable. */
  readonly isVariable: boolean;
}

/**
 * The stars of the reference within `radiusArcsec` of a position (ICRS, degrees) at an epoch (Julian year), nearest
 * first, with their magnitudes in a band as the source gives them, also of stars that no zero point may rest on.
 */
export function starsNear(
  reference: ReferenceStars,
  position: SkyPosition,
  atYear: number,
  band: string,
  radiusArcsec: number,
): NearStar[] {
  const { raDeg, decDeg, pmRaMasYr, pmDecMasYr, epochYear, variable } = reference;
  const degPerMas = (atYear - epochYear) / 3.6e6;
  // No star moves out of this strip in the years between.
  const stripDeg = radiusArcsec / 3600 + 0.1;
  const found: { row: number; place: SkyPosition; separationArcsec: number }[] = [];
  for (let row = 0; row < raDeg.length; row++) {
    if (!(Math.abs(decDeg[row]! - position.decDeg) <= stripDeg)) continue;
    const cosDec = Math.max(Math.cos((decDeg[row]! * Math.PI) / 180), 1e-9);
    const place = {
      raDeg: raDeg[row]! + ((pmRaMasYr?.[row] || 0) * degPerMas) / cosDec,
      decDeg: decDeg[row]! + (pmDecMasYr?.[row] || 0) * degPerMas,
    };
    const separationArcsec = separationDeg(position, place) * 3600;
    if (separationArcsec <= radiusArcsec) found.push({ row, place, separationArcsec });
  }
  found.sort((a, b) => a.separationArcsec - b.separationArcsec);
  const magnitudes = completeFromGaia(
    rowsOf(
      reference,
      found.map(({ row }) => row),
    ),
  ).bands.get(band);
  return found.map(({ row, place, separationArcsec }, k) => ({
    ...{ raDeg: (place.raDeg + 360) % 360, decDeg: place.decDeg, separationArcsec },
    mag: magnitudes?.mag[k] ?? Number.NaN,
    magErr: magnitudes?.magErr[k] ?? Number.NaN,
    isVariable: variable?.[row] === 1,
  }));
}

/** A reference of only these rows, with the magnitudes of all of them. */
function rowsOf({ raDeg, decDeg, epochYear, bands, asGiven }: ReferenceStars, rows: readonly number[]): ReferenceStars {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const few = new Map<string, BandMagnitudes>();
  for (const [name, { mag, magErr }] of asGiven ?? bands)
    few.set(name, { mag: pick(mag), magErr: pick(magErr), derived: 0 });
  return { raDeg: pick(raDeg), decDeg: pick(decDeg), epochYear, bands: few };
}
