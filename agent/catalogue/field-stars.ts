import type { StarCatalogue } from '../../pipeline/astrometry/catalogue.ts';
import { plainBand } from '../../pipeline/standardisation/bands.ts';
import type { BandMagnitudes, ReferenceStars } from '../../pipeline/standardisation/reference.ts';
import { orderingMagnitude, StarQuality, type StarTable } from './star-table.ts';

/** Reference stars of one field, as solving and standardisation want them; the rows of both are the same stars. */
export interface FieldStars {
  readonly stars: StarCatalogue;
  readonly reference: ReferenceStars;
  /** Names exactly these stars in every product. */
  readonly id: string;
  /** Where they come from, in words. */
  readonly origin: string;
  /** Whether they are all that their source has there, as far as is known. */
  readonly isComplete: boolean;
  /** What a product must say of them, such as that they are not all. */
  readonly warnings: readonly string[];
}

/** Every star serves for solving; magnitudes that its source doubts, or of stars it calls odd, are no reference. */
export function fieldStars(table: StarTable, about: Omit<FieldStars, 'stars' | 'reference'>): FieldStars {
  const { raDeg, decDeg, pmRaMasYr, pmDecMasYr, epochYear, quality, bands } = table;
  const position = { raDeg, decDeg, pmRaMasYr, pmDecMasYr, epochYear };
  const variable = Uint8Array.from(quality, (bits) => (bits & StarQuality.variable ? 1 : 0));
  return {
    stars: { ...position, mag: orderingMagnitude(table) },
    reference: { ...position, bands: cleanBands(table), variable, asGiven: bands },
    ...about,
  };
}

function cleanBands({ bands, quality }: StarTable): Map<string, BandMagnitudes> {
  const clean = new Map<string, BandMagnitudes>();
  for (const [name, { mag, magErr, doubtful }] of bands) {
    // A magnitude of a band not told is of use only where there is nothing better.
    if (name === plainBand && bands.size > 1) continue;
    const kept = mag.map((value, k) => (doubtful[k] || quality[k] ? Number.NaN : value));
    clean.set(name, { mag: kept, magErr, derived: 0 });
  }
  return clean;
}
