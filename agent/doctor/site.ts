import type { Config } from '../../config/schema.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';

/** Sites that headers round, or that were told from a town's name, are this near. */
const nearDeg = 0.1;

/** Whether the site of the configuration is the one that the newest light frames name; nothing where they name none. */
export function siteFinding({ site }: Pick<Config, 'site'>, lights: readonly FrameFacts[]): Finding[] {
  const named = lights.find(({ siteLatDeg, siteLonDeg }) => siteLatDeg && siteLonDeg);
  if (!named) return [];
  const { value: latitudeDeg } = named.siteLatDeg!;
  const { value: longitudeDeg, card } = named.siteLonDeg!;
  const words = `the newest light frame names ${latitudeDeg.toFixed(3)}, ${longitudeDeg.toFixed(3)} (${card}), the configuration ${site.latitudeDeg}, ${site.longitudeDeg}`;
  const isLatitude = Math.abs(latitudeDeg - site.latitudeDeg) < nearDeg;
  if (isLatitude && apartDeg(longitudeDeg, site.longitudeDeg) < nearDeg) return [well('site', site.name, words)];
  if (isLatitude && apartDeg(longitudeDeg, -site.longitudeDeg) < nearDeg) {
    const remedy = 'Longitudes count EAST as positive: change the sign in the configuration, or in the camera program.';
    return [wrong('site', site.name, `the longitude has the opposite sign: ${words}`, remedy)];
  }
  return [
    doubtful(
      'site',
      site.name,
      words,
      'Correct the one that is wrong: altitudes, airmasses and times at the barycentre follow from it.',
    ),
  ];
}

function apartDeg(a: number, b: number): number {
  const difference = Math.abs(a - b) % 360;
  return Math.min(difference, 360 - difference);
}
