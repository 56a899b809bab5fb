import { filters } from '../../../config/filters.ts';
import { bandOfFilter } from '../../../pipeline/standardisation/bands.ts';
import type { ParcelFrame } from '../../../protocol/photometry.ts';

/** The catalogue and band that BHTOM is asked to standardise in, and why. */
export interface FilterChoice {
  readonly filter: string;
  readonly reason: string;
}

/** Gaia's own bands are for cameras without a filter. */
const isUnfiltered = (catalogue: string): boolean => catalogue.startsWith('GaiaDR3/');

/**
 * Forces the band where header and stars agree on it, or the header is plain and the stars told nothing. Otherwise the
 * server picks the band itself, within the catalogue that fits.
 */
export function chooseFilter({ filter, band }: Pick<ParcelFrame, 'filter' | 'band'>): FilterChoice {
  const named = filter === null ? undefined : bandOfFilter(filters, filter);
  const told = filters.bands.find(({ name }) => name === band);
  const nearest = told ?? named?.band;
  if (nearest && isUnfiltered(nearest.catalogue)) {
    return { filter: 'GaiaDR3/any', reason: `no filter or a clear one (${filter ?? 'not named'})` };
  }
  if (!named) {
    const what = filter === null ? 'the frame names no filter' : `filter "${filter}" is not known`;
    return { filter: 'GaiaSP/any', reason: what };
  }
  const { catalogue, name } = named.band;
  if (!named.sure) return { filter: 'GaiaSP/any', reason: `filter "${filter}" stands for ${name} only loosely` };
  if (told && told.name !== name) {
    return { filter: 'GaiaSP/any', reason: `filter "${filter}" means ${name}, but the stars look like ${told.name}` };
  }
  if (!catalogue.startsWith('GaiaSP/')) {
    return { filter: 'GaiaSP/any', reason: `band ${name} is not in the catalogue of synthetic photometry` };
  }
  return { filter: catalogue, reason: told ? 'header and stars agree' : 'by the header' };
}
