import { airmassDuring } from '../../sky/airmass.ts';
import { horizontalOf } from '../../sky/horizontal.ts';
import type { Site } from '../../sky/site.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { moonAt, moonDistanceDeg, moonLitFraction, sunAt } from '../../sky/sun-and-moon.ts';
import { pixelToSky } from '../astrometry/wcs.ts';
import { combineEvidence } from '../header/time-verdict.ts';
import type { Stage } from '../stage.ts';
import { taiMinusUtc } from '../time/leap.ts';
import { unixMsOfMjd } from '../time/mjd.ts';
import type { Circumstances, CircumstancesState, FrameState, LocatedState, ReduceTools } from './state.ts';

/**
 * The sky over the exposure (altitude, airmass, Sun, Moon), and whether its time can be true: the header's own verdict, then what
 * the solved position, the Sun and the file's time say against it.
 */
export const circumstancesStage: Stage<FrameState & LocatedState, CircumstancesState, ReduceTools> = {
  name: 'circumstances',
  run({ facts, size, location, site, writtenMs, leapTable }) {
    const mid = facts.midUtc?.value;
    if (!mid) return { circumstances: { time: facts.time, sky: undefined, warnings: [] } };
    const { width, height } = size;
    const centre =
      location.kind === 'located' ? pixelToSky(location.wcs, (width - 1) / 2, (height - 1) / 2) : undefined;
    const isSolved = location.kind === 'located' && location.from === 'solver';
    const time = combineEvidence(facts.time, {
      midUtc: mid,
      exposureS: facts.exposureS?.value ?? 0,
      site,
      solved: isSolved ? centre : undefined,
      writtenMs,
      headerAltitudeDeg: facts.altitudeDeg?.value,
    });
    const warnings = taiMinusUtc(mid, leapTable).expired ? [leapWarning(leapTable.validUntilMjd)] : [];
    return {
      circumstances: {
        time,
        sky: site && skyOver(centre, site, unixMsOfMjd(mid), facts.exposureS?.value ?? 0),
        warnings,
      },
    };
  },
};

/** Says that leap seconds after a date are not known. */
export function leapWarning(validUntilMjd: number): string {
  const date = new Date(unixMsOfMjd({ day: validUntilMjd, fraction: 0 })).toISOString().slice(0, 10);
  const remedy =
    "a newer version of this program, of the system's time zone data (tzdata) or a list of the IERS (reduction.leapSecondsFile) knows more";
  return `leap seconds are known until ${date} only: if one was inserted since, BJD_TDB is off by a second, else nothing is; ${remedy}`;
}

function skyOver(
  centre: SkyPosition | undefined,
  site: Site,
  midMs: number,
  exposureS: number,
): NonNullable<Circumstances['sky']> {
  const common = {
    sunAltDeg: sunAt(site, midMs).altitudeDeg,
    moonAltDeg: moonAt(site, midMs).altitudeDeg,
    moonLitFraction: moonLitFraction(midMs),
  };
  if (!centre)
    return { ...common, altDeg: undefined, airmass: undefined, airmassPerHour: undefined, moonDistanceDeg: undefined };
  const airmass = airmassDuring(centre, site, midMs, exposureS);
  return {
    ...common,
    altDeg: horizontalOf(centre, site, midMs).altitudeDeg,
    airmass: airmass?.airmass,
    airmassPerHour: airmass?.ratePerHour,
    moonDistanceDeg: moonDistanceDeg(centre, site, midMs),
  };
}
