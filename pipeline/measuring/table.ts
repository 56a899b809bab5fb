import { hiddenFactor } from '../model/hidden.ts';
import { starParts } from '../model/normal.ts';
import { takeOuterLight } from '../model/workspace.ts';
import { APERTURE_STRIDE } from '../photometry/aperture.ts';
import { crowdingFactor } from '../photometry/artificial.ts';
import { jointVariances } from '../photometry/covariance.ts';
import { type Growth, growthCorrection, noGrowth } from '../photometry/growth.ts';
import type { BlankSites } from '../photometry/limit.ts';
import { type PlainAperture, plainApertures } from '../photometry/plain-apertures.ts';
import { tabulate } from '../photometry/tabulate.ts';
import { newSourceTable, type SourceTable } from '../sources.ts';
import type { Stage } from '../stage.ts';
import type { Fitted, Start, Tools } from './state.ts';

/** Apertures, errors and the table. */
export const tabulateStars: Stage<
  Start & Fitted & { blank: BlankSites },
  { sources: SourceTable; growth: Growth; apertures: readonly PlainAperture[] },
  Tools
> = {
  name: 'table',
  async run({ work, fit, record, crowding, blank }) {
    if (fit === undefined || record === undefined)
      return { sources: newSourceTable(0), growth: noGrowth, apertures: [] };
    const { stars, plane, psf } = work;
    // Apertures hold all the light of their star.
    const outer = takeOuterLight(work, undefined);
    const sums = new Float64Array(new SharedArrayBuffer(8 * APERTURE_STRIDE * stars.count));
    await work.crew.run(
      'apertureSums',
      {
        width: plane.width,
        height: plane.height,
        electrons: plane.electrons,
        residual: work.residual,
        sky: work.sky,
        psf: psf!,
        noise: work.noise,
        stars,
        radiusPx: Math.max(2, 1.2 * psf!.fwhmPx),
        sums,
      },
      starParts(stars.count),
    );
    const variances = jointVariances(stars.count, stars.flux, fit.equations, fit.pairs);
    const growth = await growthCorrection(work, variances);
    const hidden = hiddenFactor(stars, plane, psf!.fwhmPx);
    const sources = tabulate(work, {
      equations: fit.equations,
      variances,
      apertureSums: sums,
      growth,
      relativeError: 0.001,
      skyErrorE: blank.skyErrorE,
      fallback: record.nStars < 5,
      errorFactor: (fracFlux, fluxErr) => (crowding.nStars > 0 ? crowdingFactor(crowding, fracFlux) : hidden(fluxErr)),
    });
    const apertures = await plainApertures(work, sources, growth);
    takeOuterLight(work, outer);
    return { sources, growth, apertures };
  },
};
