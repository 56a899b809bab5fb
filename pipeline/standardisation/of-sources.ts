import { pixelToSky, type Wcs } from '../astrometry/wcs.ts';
import { UNCLEAN } from '../flags.ts';
import type { Plane } from '../plane.ts';
import { fitsPixel, instrumentalMag, magError } from '../products/catalogue.ts';
import type { SourceTable } from '../sources.ts';
import type { InstrumentalList } from './standardise.ts';

const MAX_ERROR_MAG = 0.2;
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
  for (let k = 0; k < n; k++) {
    const pixel = fitsPixel(plane, sources.x[k]!, sources.y[k]!);
    ({ raDeg: list.raDeg[k], decDeg: list.decDeg[k] } = pixelToSky(wcs, pixel.x - 1, pixel.y - 1));
    const magErr = magError(sources.flux[k]!, sources.fluxErr[k]!);
    const isClean = (sources.flags[k]! & UNCLEAN) === 0 && !(sources.fracFlux[k]! < MIN_OWN_SHARE);
    if (!isClean || !(magErr < MAX_ERROR_MAG)) continue;
    list.mag[k] = instrumentalMag(sources.flux[k]!, exposureS);
    list.magErr[k] = magErr;
  }
  return list;
}
