import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { unixMsOfMjd } from '../../pipeline/time/mjd.ts';
import type { Site } from '../../sky/site.ts';
import { SiteSky, TargetSky } from '../../sky/site-sky.ts';

/** What the sky of light frames says of a longitude: right, or of the wrong sign; undecided where it says nothing. */
export type SignVerdict = 'right' | 'opposite' | 'undecided';

/** Nobody exposes on stars in daylight, or below the horizon; a margin for twilight, and for wrong clocks. */
const daySunDeg = -3;
const lowestTargetDeg = 5;

/**
 * Holds a longitude against the light frames: at the right one the Sun was down and the target up when they were
 * exposed, and the altitude that a header tells is the one that follows. The opposite sign is held likewise.
 */
export function longitudeSign(lights: readonly FrameFacts[], site: Site): SignVerdict {
  const mirrored = { ...site, longitudeDeg: -site.longitudeDeg };
  let right = 0;
  let opposite = 0;
  for (const facts of lights) {
    const [here, there] = [isPossible(facts, site), isPossible(facts, mirrored)];
    if (here === undefined || here === there) continue;
    if (here) right += 1;
    else opposite += 1;
  }
  if (right === opposite) return 'undecided';
  return right > opposite ? 'right' : 'opposite';
}

/** Whether a frame can have been taken at a site; undefined where its time is not known. */
function isPossible({ midUtc, raDeg, decDeg, altitudeDeg }: FrameFacts, site: Site): boolean | undefined {
  if (!midUtc) return undefined;
  const sky = new SiteSky(site, unixMsOfMjd(midUtc.value));
  if (sky.sunAltitudeDeg > daySunDeg) return false;
  if (!raDeg || !decDeg) return true;
  const target = new TargetSky(sky, { raDeg: raDeg.value, decDeg: decDeg.value });
  if (target.altitudeDeg < lowestTargetDeg) return false;
  // An exposure of minutes and headers that tell its start leave a few degrees.
  return altitudeDeg === undefined || Math.abs(altitudeDeg.value - target.altitudeDeg) < 5;
}
