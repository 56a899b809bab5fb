import type { FilterMeaning } from './bands.ts';
import type { FilterPrior } from './identify.ts';
import type { Standardised } from './standardise.ts';

/** Odds that a header names the true band rather than any given other: sure names, and those used loosely. */
const SURE_ODDS = 20;
const LOOSE_ODDS = 4;
/** No history makes a filter more certain than this: wheels are refilled. */
const MAX_HISTORY_ODDS = 20;

/**
 * What is believed of the filter beforehand: the band that the header's name stands for, and how often frames of the
 * same setup and filter name were found to be in each band before (`history`: unambiguous verdicts by band).
 */
export function priorsOf(header: FilterMeaning | undefined, history: Readonly<Record<string, number>>): FilterPrior[] {
  const priors: FilterPrior[] = [];
  if (header) priors.push({ band: header.band.name, odds: header.sure ? SURE_ODDS : LOOSE_ODDS });
  for (const [band, count] of Object.entries(history))
    priors.push({ band, odds: Math.min(MAX_HISTORY_ODDS, 1 + count) });
  return priors;
}

/** Larger scatter than a telescope's filter, however odd, leaves against the band that it is nearest to. */
const POOR_FIT_MAG = 0.12;

/** The warning when no band of the reference fits the stars well; undefined when one does. */
export function poorFit({ constant }: Standardised): string | undefined {
  if (constant.intrinsicScatter < POOR_FIT_MAG) return undefined;
  return (
    `No band of the reference fits these stars well (nearest: ${constant.catalogue}, scatter ` +
    `${constant.intrinsicScatter.toFixed(2)} mag beyond the errors): the filter may be of another kind, or stars in ` +
    'its band are missing from the reference.'
  );
}

/** So often, and in so large a share of frames, a band makes a habit. */
const MIN_HABIT = 5;
const MIN_HABIT_SHARE = 0.8;

/**
 * The warning when the stars speak against what earlier frames of the same setup and filter name were; undefined when
 * they agree, leave it open, or there is no habit.
 */
export function breakOfHabit(
  filterName: string | undefined,
  verdicts: Readonly<Record<string, number>>,
  { verdict, bands }: Standardised,
): string | undefined {
  const total = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
  const [usual, count] = Object.entries(verdicts).sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  if (count < MIN_HABIT || count < MIN_HABIT_SHARE * total) return undefined;
  const { fromStars, margin } = verdict;
  if (fromStars.band === usual || fromStars.ambiguousWith.includes(usual)) return undefined;
  const found = bands.find(({ band }) => band === fromStars.band);
  const asUsual = bands.find(({ band }) => band === usual);
  if (!found || !asUsual) return undefined;
  const named = filterName === undefined ? 'without a filter name' : `with filter "${filterName}"`;
  return (
    `Frames of this setup ${named} have been ${asUsual.catalogue} (${count} of ${total}), but this one behaves like ` +
    `${found.catalogue} (-2 ln odds ${margin.toFixed(0)}): has the filter wheel been changed?`
  );
}

/** The warning when the stars speak against the header's filter; undefined when they agree or leave it open. */
export function contradiction(
  headerName: string,
  header: FilterMeaning,
  { verdict, bands }: Standardised,
): string | undefined {
  const { fromStars, margin } = verdict;
  const named = header.band;
  if (fromStars.band === named.name || fromStars.ambiguousWith.includes(named.name)) return undefined;
  const found = bands.find(({ band }) => band === fromStars.band);
  const asNamed = bands.find(({ band }) => band === named.name);
  // Without magnitudes in the named band the stars could not have chosen it.
  if (!found || !asNamed) return undefined;
  const scatters = `scatter ${found.scatter.toFixed(3)} mag against ${asNamed.scatter.toFixed(3)} in ${named.catalogue}`;
  return (
    `The header says "${headerName}", but this frame behaves like ${found.catalogue} (${scatters}, ` +
    `${found.nUsed} stars, -2 ln odds ${margin.toFixed(0)}): check the filter wheel or the name of the filter.`
  );
}
