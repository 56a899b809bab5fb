import { mjdOfUnixEpoch } from '../../../pipeline/time/mjd.ts';
import type { Site } from '../../../sky/site.ts';
import { type SolarDay, solarDayOf } from '../../../sky/solar-day.ts';
import type { Store } from '../../store/open.ts';
import type { NightAnswer, NightsAnswer, TodayCounts } from '../shapes.ts';

const dayMs = 86_400_000;
/** So many nights are listed. */
const shown = 400;

/** The nights that have measured frames, the newest first. */
export function nightsView({ frameQuality }: Store, { longitudeDeg }: Site): NightsAnswer {
  return {
    nights: frameQuality.nights(longitudeDeg, shown).map(({ night, ...quality }) => ({
      date: dateInWords((night - mjdOfUnixEpoch) * dayMs),
      ...quality,
    })),
  };
}

/** One night, by the date of its evening, as 2026-12-24; undefined for what is no date. */
export function nightView(store: Store, { longitudeDeg }: Site, date: string): NightAnswer | undefined {
  const dateMs = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(dateMs)) return undefined;
  const day = solarDayOf(longitudeDeg, dateMs);
  const mjdOf = (ms: number) => ms / dayMs + mjdOfUnixEpoch;
  return {
    ...{ date: dateInWords(day.dateMs), startMs: day.startMs, endMs: day.endMs },
    came: countsOf(store, day),
    delivered: store.nights.delivered(day.startMs, day.endMs),
    frames: store.frameQuality.between(mjdOf(day.startMs), mjdOf(day.endMs)),
  };
}

/** Light frames that came on a day, whenever they were exposed. */
export function countsOf({ nights }: Store, { startMs, endMs }: SolarDay): TodayCounts {
  const total = { lights: 0, measured: 0, refused: 0 };
  for (const { lights, measured, refused } of nights.counts(startMs, endMs)) {
    total.lights += lights;
    total.measured += measured;
    total.refused += refused;
  }
  return total;
}

function dateInWords(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
