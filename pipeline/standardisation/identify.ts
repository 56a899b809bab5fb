import { type HeldOut, leadOf } from './zero-point.ts';

/** One band's case: how well it foretells the instrumental magnitudes of stars that its fit did not see. */
export interface Candidate {
  readonly band: string;
  /** Of the fit with a colour term under its prior where a colour is known, else constant. */
  readonly heldOut: HeldOut;
  /** The colour term over the prior's width, squared: what an unusual filter costs. */
  readonly colourPenalty: number;
  /** Most of its magnitudes come from a colour relation, whose errors are common to all stars. */
  readonly isDerived: boolean;
}

/** What is believed of the filter before looking at the stars; the weights are odds against any other band. */
export interface FilterPrior {
  readonly band: string;
  readonly odds: number;
}

export interface BandVerdict {
  readonly band: string;
  /** Bands that fit the stars nearly as well, nearest first. Empty: the band stands alone. */
  readonly ambiguousWith: readonly string[];
  /** What the stars alone say, before header and history. */
  readonly fromStars: { readonly band: string; readonly ambiguousWith: readonly string[] };
  /** -2 ln of the odds, stars alone, of the second best band against the best. Infinity with one candidate. */
  readonly margin: number;
}

/** Bands whose -2 ln likelihood is within this of the best cannot be told from it: odds of 20 to 1. */
const AMBIGUOUS_BELOW = 6;
/** However many stars, a comparison with a derived band tells no more than this many would. */
const MAX_DERIVED_STARS = 12;
/** Bands are compared on stars they share; with fewer they cannot be told apart. */
const MIN_SHARED = 5;
/** So many stars have told their scatter well; with fewer, each counts the less: four are used up by zero point, colour and scatter. */
const WELL_KNOWN = 12;
const USED_UP = 4;

/**
 * Picks the band whose magnitudes best foretell the measured ones. Any two candidates are compared on the stars that
 * have magnitudes in both, by twice the difference of their held-out log densities less the price of their colour terms; the winner is the one
 * whose worst comparison is best. Undefined without candidates.
 */
export function identifyBand(
  candidates: readonly Candidate[],
  priors: readonly FilterPrior[],
): BandVerdict | undefined {
  if (candidates.length === 0) return undefined;
  const margins = candidates.map((one) => candidates.map((other) => (one === other ? 0 : compare(one, other))));
  const bonus = candidates.map(({ band }) =>
    priors.reduce((sum, prior) => sum + (prior.band === band ? 2 * Math.log(prior.odds) : 0), 0),
  );
  const alone = decide(
    candidates,
    margins,
    bonus.map(() => 0),
  );
  const informed = decide(candidates, margins, bonus);
  // A prior may choose among bands that the stars cannot tell apart; it does not make them any clearer.
  const near = [alone.band, ...alone.ambiguousWith];
  const band = near.includes(informed.band) ? informed.band : alone.band;
  return { band, ambiguousWith: near.filter((one) => one !== band), fromStars: alone, margin: alone.margin };
}

function decide(
  candidates: readonly Candidate[],
  margins: readonly number[][],
  bonus: readonly number[],
): { band: string; ambiguousWith: string[]; margin: number } {
  const leads = margins.map((row, i) => row.map((lead, j) => lead + bonus[i]! - bonus[j]!));
  const worst = leads.map((row, i) => Math.min(Infinity, ...row.filter((_, j) => j !== i)));
  let best = 0;
  for (let i = 1; i < worst.length; i++) if (worst[i]! > worst[best]!) best = i;
  const ambiguousWith = candidates
    .map(({ band }, j) => ({ band, lead: leads[best]![j]! }))
    .filter(({ lead }, j) => j !== best && lead < AMBIGUOUS_BELOW)
    .sort((a, b) => a.lead - b.lead)
    .map(({ band }) => band);
  return { band: candidates[best]!.band, ambiguousWith, margin: worst[best]! };
}

/** By how much -2 ln likelihood `one` is ahead of `other` on the stars of both. */
function compare(one: Candidate, other: Candidate): number {
  const { lead, shared } = leadOf(one.heldOut, other.heldOut);
  if (shared < MIN_SHARED) return 0;
  const few = Math.min(1, (shared - USED_UP) / (WELL_KNOWN - USED_UP));
  const trust = few * (one.isDerived || other.isDerived ? Math.min(1, MAX_DERIVED_STARS / shared) : 1);
  return trust * lead - one.colourPenalty + other.colourPenalty;
}
