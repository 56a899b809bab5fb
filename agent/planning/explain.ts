import type { Candidate, Interval } from './candidate.ts';
import type { Limits } from './constraints.ts';
import type { Outlook } from './outlook.ts';

/** `21:05 UTC`. */
export function utcMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`;
}

export function notDue({ cadenceDays }: Candidate, lastObservedMs: number, dueMs: number): string {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return `observed on ${day(lastObservedMs)} UTC and wanted every ${cadenceDays} days: due from ${day(dueMs)} UTC on`;
}

export function crowdedOut(spells: readonly Interval[]): string {
  const when = spells.map(({ startMs, endMs }) => `from ${utcMinute(startMs)} to ${utcMinute(endMs)}`).join(' and ');
  return `a visit could begin ${when}, but the time goes to others`;
}

/** Why no visit can begin this night: what stands in the way when the target is at its highest. */
export function impossible(outlook: Outlook, limits: Limits): string {
  const { candidate, targets, unmet, durationMs } = outlook;
  const dark = targets.filter((_, at) => unmet[at]?.name !== 'Sun');
  if (dark.length === 0) {
    const lowestDeg = Math.min(...targets.map(({ sky }) => sky.sunAltitudeDeg));
    return `the Sun stands at ${lowestDeg.toFixed(1)} deg at the lowest; this site observes below ${limits.maxSunAltitudeDeg} deg`;
  }
  const clear = targets.filter((_, at) => unmet[at] === undefined);
  const [first, last] = [clear[0], clear.at(-1)];
  if (!first || !last) {
    const best = dark.reduce((a, b) => (b.altitudeDeg > a.altitudeDeg ? b : a));
    const words = unmet[targets.indexOf(best)]!.words(best, candidate.allowed, limits);
    return `at its highest in the dark, at ${utcMinute(best.sky.atMs)}, ${words}`;
  }
  const visible = `it can be observed between ${utcMinute(first.sky.atMs)} and ${utcMinute(last.sky.atMs)}`;
  const need = `the ${Math.ceil(durationMs / 60_000)} min of its visit`;
  if (!clear.some(({ sky }) => outlook.inWindow(sky.atMs)))
    return `${visible}, and none of its windows is open then for ${need}`;
  const meridian =
    limits.meridianMarginMin === undefined ? '' : `, clear of the meridian by ${limits.meridianMarginMin} min`;
  return `${visible}, and at no time for ${need}${meridian}`;
}
