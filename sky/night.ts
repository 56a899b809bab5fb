import { getTimes } from 'suncalc';
import type { Site } from './site.ts';

/** The events of one night, Unix milliseconds; undefined where the Sun does not get there (high latitudes). */
export interface Night {
  readonly sunsetMs: number | undefined;
  /** The Sun passes 18 degrees below the horizon. */
  readonly darkFromMs: number | undefined;
  readonly darkUntilMs: number | undefined;
  readonly sunriseMs: number | undefined;
}

/**
 * The night that follows the noon of the solar day in which `atMs` lies, by suncalc: its times agree with astropy to
 * ten seconds (its altitudes below the horizon do not agree, and are not used).
 */
export function nightAfter(site: Site, atMs: number): Night {
  const { latitudeDeg, longitudeDeg, heightM } = site;
  const height = Math.max(0, heightM);
  const evening = getTimes(new Date(atMs), latitudeDeg, longitudeDeg, height);
  const nextNoonMs = evening.solarNoon.getTime() + 86_400_000;
  const morning = getTimes(new Date(nextNoonMs), latitudeDeg, longitudeDeg, height);
  return {
    sunsetMs: evening.sunset?.getTime(),
    darkFromMs: evening.night?.getTime(),
    darkUntilMs: morning.nightEnd?.getTime(),
    sunriseMs: morning.sunrise?.getTime(),
  };
}
