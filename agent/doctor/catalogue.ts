import type { Clock } from '../../base/clock.ts';
import { EdgeError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import type { FieldStars } from '../catalogue/field-stars.ts';
import { cachedStarCsv } from '../catalogue/star-csv.ts';
import { starsInField } from '../catalogue/stars-in-field.ts';
import { readStarTiles } from '../store/star-tiles.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';

/** So far around the middle of the newest frame stars are counted, and fewer than so many are hard to measure against. */
const radiusDeg = 0.5;
const fewStars = 10;

/** Whether there are reference stars where the newest light frame looks. */
export async function catalogueFinding(
  config: Pick<Config, 'catalogue' | 'dataDir'>,
  lights: readonly FrameFacts[],
  clock: Clock,
): Promise<Finding> {
  const { file, online } = config.catalogue;
  const subject = file ?? '';
  const newest = lights.find(({ raDeg, decDeg }) => raDeg && decDeg);
  const bring = online
    ? 'They are fetched by themselves once a frame asks for them; the daemon must reach the network.'
    : 'Bring them: `bhtom-edge catalogue prefetch`, or set catalogue.online.';
  try {
    if (!newest) {
      if (file !== undefined) {
        const { stars } = await cachedStarCsv(file);
        return well('catalogue', subject, `it holds ${stars.raDeg.length} stars; no light frame tells where it looks`);
      }
      return doubtful(
        'catalogue',
        subject,
        'no light frame tells where it looks, so that nothing can be said of the stars there',
        bring,
      );
    }
    const centre = { raDeg: newest.raDeg!.value, decDeg: newest.decDeg!.value };
    const found = file === undefined ? ownStars(config.dataDir, centre, clock) : await cachedStarCsv(file);
    const nStars = found ? countWithin(found, centre) : 0;
    const where = `within ${radiusDeg} deg of the newest light frame (RA ${centre.raDeg.toFixed(3)} Dec ${centre.decDeg.toFixed(3)})`;
    if (nStars >= fewStars) return well('catalogue', subject, `${nStars} reference stars ${where}`);
    const words =
      nStars === 0
        ? `no reference stars ${where}: it is measured without zero point`
        : `only ${nStars} reference stars ${where}`;
    return file === undefined
      ? doubtful('catalogue', subject, words, bring)
      : doubtful(
          'catalogue',
          subject,
          words,
          'Name a catalogue of this field, or leave catalogue.file out to use the own stars of the site.',
        );
  } catch (error) {
    if (!(error instanceof EdgeError) || error.reaction === 'programming-fault') throw error;
    return wrong(
      'catalogue',
      subject,
      error.message,
      'Correct catalogue.file, or bring the stars anew with `bhtom-edge catalogue`.',
    );
  }
}

function ownStars(dataDir: string, centre: SkyPosition, clock: Clock): FieldStars | undefined {
  const tiles = readStarTiles(dataDir, clock);
  try {
    return tiles && starsInField(tiles, { centre, fieldRadiusDeg: radiusDeg, hintRadiusDeg: 0 });
  } finally {
    tiles?.close();
  }
}

function countWithin({ stars }: FieldStars, centre: SkyPosition): number {
  let count = 0;
  for (let k = 0; k < stars.raDeg.length; k++)
    if (separationDeg(centre, { raDeg: stars.raDeg[k]!, decDeg: stars.decDeg[k]! }) <= radiusDeg) count += 1;
  return count;
}
