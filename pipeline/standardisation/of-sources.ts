import { pixelToSky, type Wcs } from '../astrometry/wcs.ts';
import { UNCLEAN } from '../flags.ts';
import { instrumentalMag, magError } from '../magnitude.ts';
import type { Plane } from '../plane.ts';
import { fitsPixel } from '../plane.ts';
import type { SourceTable } from '../sources.ts';
import type { InstrumentalList } from './standardise.ts';

/** Stars measured worse than this take no part, unless hardly any is better: then the best ones do, up to the second. */
const MAX_ERROR_MAG = 0.2;
const MAX_ERROR_AT_NEED_MAG = 0.6;
const ENOUGH_STARS = 60;
/** Stars whose own light is less than this share of what lies under their profile are blends. */
const MIN_OWN_SHARE = 0.7;

/**
 * The sources of a solved plane as a list to standardise, row by row: magnitudes are NaN for those that must not take
 * part (saturated, cut, blended, badly measured). `wcs` is that of the full mosaic.
 */
export function instrumentalOf(
  sources: SourceTable,
  plane: Pick<Plane, 'mosaic'>,
  wcs: Wcs,
  exposureS: number | undefined,
): InstrumentalList {
  const n = sources.count;
  const list = {
    raDeg: new Float64Array(n),
    decDeg: new Float64Array(n),
    mag: new Float64Array(n).fill(Number.NaN),
    magErr: new Float64Array(n).fill(Number.NaN),
  };
  const errors = new Float64Array(n).fill(Number.NaN);
  for (let k = 0; k < n; k++) {
    const pixel = fitsPixel(plane, sources.x[k]!, sources.y[k]!);
    ({ raDeg: list.raDeg[k], decDeg: list.decDeg[k] } = pixelToSky(wcs, pixel.x - 1, pixel.y - 1));
    const isClean = (sources.flags[k]! & UNCLEAN) === 0 && !(sources.fracFlux[k]! < MIN_OWN_SHARE);
    if (isClean && sources.flux[k]! > 0) errors[k] = magError(sources.flux[k]!, sources.fluxErr[k]!);
  }
  const limit = worstError(errors);
  for (let k = 0; k < n; k++) {
    if (!(errors[k]! <= limit)) continue;
    list.mag[k] = instrumentalMag(sources.flux[k]!, exposureS);
    list.magErr[k] = errors[k]!;
  }
  return list;
}

/** The error up to which stars take part: a lens sharper than its pixels gives no star better than 0.2 mag. */
function worstError(errors: Float64Array): number {
  const known = errors.filter(Number.isFinite).sort();
  const ofEnough = known[Math.min(ENOUGH_STARS, known.length) - 1] ?? 0;
  return Math.min(MAX_ERROR_AT_NEED_MAG, Math.max(MAX_ERROR_MAG, ofEnough));
}
