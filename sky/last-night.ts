import { nightAfter } from './night.ts';
import type { Site } from './site.ts';

/** A night from its evening to its morning, Unix milliseconds. */
export interface PastNight {
  /** The date of its evening, local solar time. */
  readonly date: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * The last night that has ended by `atMs`: from sunset to sunrise. Where the Sun does neither (high latitudes), from 18 to
 * 6 hours local solar time.
 */
export function lastNight(site: Site, atMs: number): PastNight {
  const days = [atMs, atMs - dayMs].map((ms) => nightOfDay(site, ms));
  return days.find(({ untilMs }) => untilMs <= atMs) ?? nightOfDay(site, atMs - 2 * dayMs);
}

/** The night that begins on the solar day in which `atMs` lies. */
function nightOfDay(site: Site, atMs: number): PastNight {
  const aheadMs = (site.longitudeDeg / 360) * dayMs;
  const day = Math.floor((atMs + aheadMs) / dayMs) * dayMs;
  const { sunsetMs, sunriseMs } = nightAfter(site, day - aheadMs + dayMs / 2);
  const isWhole = sunsetMs !== undefined && sunriseMs !== undefined && sunriseMs > sunsetMs;
  return {
    date: new Date(day).toISOString().slice(0, 10),
    fromMs: isWhole ? sunsetMs : day - aheadMs + 18 * hourMs,
    untilMs: isWhole ? sunriseMs : day - aheadMs + 30 * hourMs,
  };
}
