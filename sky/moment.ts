import { AstroTime } from 'astronomy-engine';

const unixMsOfJ2000 = 946_728_000_000;

/** astronomy-engine's time of a moment in Unix milliseconds (UT1 is taken as UTC, which differs by less than a second). */
export function astroTimeOf(atMs: number): AstroTime {
  return new AstroTime((atMs - unixMsOfJ2000) / 86_400_000);
}
