import type { Location, PlaneStandard } from './state.ts';

/** ln of the odds against chance from which matched reference stars confirm a solution: those that our solver asks for. */
const leastLogOdds = Math.log(1e9);

/**
 * Whether a frame looks where its location says: by our own solver, or by reference stars of any plane that stand where the
 * header's solution puts them, beyond what chance brings. Nothing else is more than a hint, and no target has a verdict by it.
 */
export function isConfirmed(location: Location, standards: readonly PlaneStandard[]): boolean {
  if (location.kind === 'not located') return false;
  if (location.from === 'solver') return true;
  return standards.some((standard) => standard.outcome === 'standardised' && standard.match.logOdds >= leastLogOdds);
}
