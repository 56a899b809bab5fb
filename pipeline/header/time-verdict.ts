import { horizontalOf } from '../../sky/horizontal.ts';
import type { Site } from '../../sky/site.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { sunAt } from '../../sky/sun-and-moon.ts';
import { type Mjd, mjdOfUnixMs, secondsBetween, unixMsOfMjd } from '../time/mjd.ts';
import type { TimeVerdict } from './facts.ts';

/** What can be held against a header's time without trusting the header. */
export interface TimeEvidence {
  readonly midUtc: Mjd;
  readonly exposureS: number;
  readonly site: Site | undefined;
  /** Centre of the frame by its own stars. */
  readonly solved: SkyPosition | undefined;
  /** When the file was last written, and only if it was just taken (not copied from elsewhere). */
  readonly writtenMs: number | undefined;
  /** Altitude of the target as the header states it. */
  readonly headerAltitudeDeg: number | undefined;
}

/** A file is on disk within this time after its shutter closes: readout, download, slow shares. */
const longestSaveS = 600;
/** No time zone is farther from UTC. */
const farthestZoneS = 14 * 3600;
/** The Sun must be this low for stars to be solved in an ordinary exposure. */
const highestSunDeg = -4;
const lowestStarDeg = 3;

/**
 * Adds to the header's own verdict what the file's time, the solved position and the Sun say about it. An offset by whole
 * quarters of an hour means local time or a wrong time zone. One contradiction makes a time doubtful, an impossible
 * sky (target below the horizon, Sun up) unusable.
 */
export function combineEvidence(header: TimeVerdict, evidence: TimeEvidence): TimeVerdict {
  if (header.verdict === 'unusable') return header;
  const reasons = [...header.reasons];
  let impossible = false;
  const { midUtc, exposureS, site, solved, writtenMs, headerAltitudeDeg } = evidence;
  if (writtenMs !== undefined) {
    const lateS = secondsBetween(mjdOfUnixMs(writtenMs), midUtc) - exposureS / 2;
    const reason = explainOffset(lateS);
    if (reason) reasons.push(reason);
  }
  if (site && solved) {
    const { altitudeDeg } = horizontalOf(solved, site, unixMsOfMjd(midUtc));
    if (altitudeDeg < lowestStarDeg) {
      impossible = true;
      reasons.push(
        `the solved field stood at altitude ${altitudeDeg.toFixed(1)} deg at that time: time or site is wrong`,
      );
    } else if (headerAltitudeDeg !== undefined && Math.abs(altitudeDeg - headerAltitudeDeg) > 1.5) {
      const off = (altitudeDeg - headerAltitudeDeg).toFixed(1);
      reasons.push(`the solved field's altitude differs by ${off} deg from the header's: time or site may be wrong`);
    }
  }
  if (site) {
    const { altitudeDeg } = sunAt(site, unixMsOfMjd(midUtc));
    if (altitudeDeg > highestSunDeg) {
      const proven = solved !== undefined && altitudeDeg > 0;
      impossible ||= proven;
      reasons.push(`the Sun stood at altitude ${altitudeDeg.toFixed(1)} deg at that time: time or site is wrong`);
    }
  }
  return { verdict: impossible ? 'unusable' : reasons.length > 0 ? 'doubtful' : 'good', reasons };
}

/**
 * Why a file that was written `lateS` after its shutter closed contradicts its header; undefined when it does not. Later than
 * any time zone explains, it is a copy of an old frame, which says nothing of the clock.
 */
function explainOffset(lateS: number): string | undefined {
  if (lateS >= -5 && lateS <= longestSaveS) return undefined;
  if (lateS > farthestZoneS + longestSaveS) return undefined;
  const quarters = Math.round(lateS / 900);
  const restS = lateS - quarters * 900;
  const within = Math.abs(quarters) <= 4 * 14 && restS >= -5 && restS <= 120;
  if (quarters !== 0 && within) {
    return `the header's time is ${(quarters / 4).toFixed(2)} h from the file's: it looks like local time or a wrong time zone`;
  }
  return lateS < 0
    ? `the file was written ${(-lateS).toFixed(0)} s before the header says the shutter closed: a clock is wrong`
    : `the file was written ${(lateS / 3600).toFixed(2)} h after the shutter closed by the header: a clock is wrong, or the file was copied`;
}
