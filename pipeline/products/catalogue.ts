import { pixelToSky, type Wcs } from '../astrometry/wcs.ts';
import { instrumentalMag, magError } from '../magnitude.ts';
import type { PlainAperture } from '../photometry/plain-apertures.ts';
import { fitsPixel, type Plane } from '../plane.ts';
import type { SourceTable } from '../sources.ts';
import { standardMagnitude } from '../standardisation/apply.ts';
import type { Standardised } from '../standardisation/standardise.ts';
import type { Column } from '../tables/ecsv.ts';

/** What turns electrons on pixels into a catalogue that stands on its own. */
export interface CatalogueContext {
  readonly plane: Pick<Plane, 'name' | 'mosaic'>;
  readonly exposureS: number | undefined;
  /** The solution of the full mosaic, where there is one. */
  readonly wcs: Wcs | undefined;
  /** In the order of the source table. */
  readonly apertures: readonly PlainAperture[];
  /** The zero points that give `mag_std` and `mag_best`, where known; its rows are those of the source table. */
  readonly standard: Pick<Standardised, 'constant' | 'best' | 'place' | 'colours'> | undefined;
}

/**
 * The columns of the catalogue of one plane, one value a source, in the order of the source table. Pixel coordinates
 * are FITS's (1-based, full mosaic), fluxes electrons, `mag` instrumental, `mag_std` = mag + zero point.
 */
export function catalogueColumns(sources: SourceTable, context: CatalogueContext): Column[] {
  const n = sources.count;
  const { plane, apertures, exposureS, wcs, standard } = context;
  const column = (): Float64Array => new Float64Array(n).fill(Number.NaN);
  const [x, y, ra, dec, mag, magErr, magStd, magStdErr, magBest, magBestErr] = [
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
  ] as const;
  const id = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const pixel = fitsPixel(plane, sources.x[i]!, sources.y[i]!);
    id[i] = i + 1;
    x[i] = pixel.x;
    y[i] = pixel.y;
    if (wcs) {
      const position = pixelToSky(wcs, pixel.x - 1, pixel.y - 1);
      ra[i] = position.raDeg;
      dec[i] = position.decDeg;
    }
    mag[i] = instrumentalMag(sources.flux[i]!, exposureS);
    magErr[i] = magError(sources.flux[i]!, sources.fluxErr[i]!);
    if (!standard) continue;
    const { constant, best, place, colours } = standard;
    magStd[i] = mag[i]! + constant.zeroPoint;
    magStdErr[i] = Math.hypot(magErr[i]!, constant.zeroPointErr);
    const star = { raDeg: ra[i]!, decDeg: dec[i]!, mag: mag[i]!, colour: colours[i] };
    const corrected = standardMagnitude(best, place, star);
    magBest[i] = corrected.mag;
    magBestErr[i] = Math.hypot(magErr[i]!, best.zeroPointErr, corrected.extraErr);
  }
  const pixel = { datatype: 'float64', unit: 'pix', digits: 4 } as const;
  const degree = { datatype: 'float64', unit: 'deg', digits: 7 } as const;
  const electron = { datatype: 'float64', unit: 'electron', digits: 2 } as const;
  const magnitude = { datatype: 'float64', unit: 'mag', digits: 5 } as const;
  const ratio = { datatype: 'float32', digits: 4 } as const;
  const per = exposureS !== undefined && exposureS > 0 ? 'electrons per second' : 'electrons';
  return [
    { name: 'id', datatype: 'int32', values: id },
    { name: 'x', ...pixel, values: x, description: 'FITS pixel (1-based) of the full mosaic' },
    { name: 'y', ...pixel, values: y },
    { name: 'ra', ...degree, values: ra, description: 'ICRS at the epoch of the exposure' },
    { name: 'dec', ...degree, values: dec },
    { name: 'flux', ...electron, values: sources.flux, description: 'total electrons of the star by the PSF fit' },
    { name: 'flux_err', ...electron, values: sources.fluxErr },
    { name: 'mag', ...magnitude, values: mag, description: `instrumental: -2.5 log10 of ${per}` },
    { name: 'mag_err', ...magnitude, values: magErr },
    { name: 'sky', datatype: 'float32', unit: 'electron / pix', digits: 3, values: sources.sky },
    { name: 'chi2', ...ratio, values: sources.chi2, description: 'reduced chi square of the fit' },
    { name: 'sharp', ...ratio, values: sources.sharp, description: '0 for a star, above: extended, below: sharp' },
    { name: 'flags', datatype: 'int32', values: sources.flags, description: "source-extractor's bits, ours from 256" },
    { name: 'n_neighbours', datatype: 'int32', values: sources.nNeighbours },
    { name: 'fracflux', ...ratio, values: sources.fracFlux, description: 'share of the light under its profile' },
    { name: 'aper_flux', ...electron, values: sources.aperFlux, description: 'aperture, corrected to total' },
    { name: 'aper_flux_err', ...electron, values: sources.aperFluxErr },
    ...apertures.flatMap(({ radiusPx, fluxE, fluxErrE }): Column[] => [
      { name: `aper_sum_${radiusPx}`, ...electron, values: fluxE, description: `within ${radiusPx} px, as it is` },
      { name: `aper_sum_${radiusPx}_err`, ...electron, values: fluxErrE },
    ]),
    { name: 'mag_std', ...magnitude, values: magStd, description: systemOf(standard?.constant) },
    { name: 'mag_std_err', ...magnitude, values: magStdErr },
    { name: 'mag_best', ...magnitude, values: magBest, description: modelOf(standard?.best) },
    { name: 'mag_best_err', ...magnitude, values: magBestErr },
    { name: 'plane', datatype: 'string', values: new Array<string>(n).fill(plane.name) },
  ];
}

function systemOf(fit: Standardised['constant'] | undefined): string {
  return fit ? `${fit.catalogue}, ${fit.system}: mag + zeroPoint` : 'no zero point';
}

function modelOf(fit: Standardised['best'] | undefined): string {
  return fit ? `${fit.catalogue}, ${fit.system}, model ${fit.model}` : 'no zero point';
}

/** The columns of the plain table. */
export const plainColumns: readonly string[] = ['x', 'y', 'flux', 'flux_err', 'mag', 'mag_err', 'flags'];
