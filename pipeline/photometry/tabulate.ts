import { skyAt } from '../background/map.ts';
import { SourceFlag } from '../flags.ts';
import { Grid } from '../model/neighbours.ts';
import type { Equations } from '../model/normal.ts';
import { STATS } from '../model/normal.ts';
import { shapeAt } from '../model/psf-field.ts';
import { StarKind } from '../model/stars.ts';
import type { Workspace } from '../model/workspace.ts';
import { newSourceTable, type SourceTable } from '../sources.ts';
import { APERTURE_STRIDE } from './aperture.ts';
import type { JointVariances } from './covariance.ts';
import type { Growth } from './growth.ts';

export interface TabulateOptions {
  readonly equations: Equations;
  readonly variances: JointVariances;
  readonly apertureSums: Float64Array;
  /** Factor to growth-curve totals. */
  readonly growth: Growth;
  /** Relative error of a flux that no photon statistics shows: PSF and flat field. */
  readonly relativeError: number;
  /** Error of a flux by the sky under the star, electrons, that no photon statistics shows either: see `BlankSites`. */
  readonly skyErrorE: number;
  /** Position steps of the last round, to tell what has not settled; undefined: all have. */
  readonly fallback: boolean;
  /** Factor on the error of a star, by its share of the light and that error: artificial.ts, or hidden.ts. */
  readonly errorFactor: (fracFlux: number, fluxErr: number) => number;
}

/** Sharpness beyond which a source is not a point: in units of its own error and in absolute terms. */
const SHARP_SIGMA = 5;
const SHARP_LEAST = 0.12;

/** Makes the table of the fitted stars: saturated ones first, then by descending flux. Artificial stars are left out. */
export function tabulate(work: Workspace, options: TabulateOptions): SourceTable {
  const { stars, plane, sky } = work;
  const psf = work.psf!;
  const { equations, variances, apertureSums, growth } = options;
  const rows: number[] = [];
  for (let s = 0; s < stars.count; s++) {
    const inside =
      stars.x[s]! > -0.5 && stars.y[s]! > -0.5 && stars.x[s]! < plane.width - 0.5 && stars.y[s]! < plane.height - 0.5;
    if (stars.kind[s] !== StarKind.artificial && inside) rows.push(s);
  }
  const saturated = (s: number) => (stars.kind[s] === StarKind.saturated ? 1 : 0);
  rows.sort((a, b) => saturated(b) - saturated(a) || stars.flux[b]! - stars.flux[a]! || a - b);
  const saturatedStars = rows.filter((s) => saturated(s) === 1);
  const n = rows.length;
  const table = newSourceTable(n);
  const bright = new Grid(
    Float64Array.from(saturatedStars, (s) => stars.x[s]!),
    Float64Array.from(saturatedStars, (s) => stars.y[s]!),
    saturatedStars.length,
    plane.width,
    plane.height,
    64,
  );
  rows.forEach((s, row) => {
    const x = stars.x[s]!;
    const y = stars.y[s]!;
    const flux = stars.flux[s]!;
    const normalisation = growth.at(x, y);
    const used = equations.stats[STATS * s + 1]!;
    const chi2 = equations.stats[STATS * s]! / Math.max(1, used - 3);
    const norm = equations.stats[STATS * s + 3]!;
    const sharp = norm > 0 ? equations.stats[STATS * s + 2]! / norm / flux : Number.NaN;
    const sharpErr = norm > 0 ? 1 / Math.sqrt(norm) / flux : Number.POSITIVE_INFINITY;
    const fracFlux = variances.fracFlux[s]!;
    const bare = Math.sqrt(variances.flux[s]!) * Math.sqrt(Math.max(1, Math.min(chi2, 25)));
    const factor = options.errorFactor(fracFlux, bare);
    const fluxErr = Math.hypot(bare * factor, options.skyErrorE, options.relativeError * flux);
    let flags = options.fallback ? SourceFlag.fallback : 0;
    if (saturated(s) === 1) flags |= SourceFlag.saturated;
    if (fracFlux < 0.9) flags |= SourceFlag.blended;
    if (equations.stats[STATS * s + 4]! > 0 && saturated(s) === 0) flags |= SourceFlag.badPixel;
    if (equations.stats[STATS * s + 5]! > 0) flags |= SourceFlag.truncated;
    if (!(variances.flux[s]! > 0)) flags |= SourceFlag.notConverged;
    if (sharp > SHARP_LEAST && sharp > SHARP_SIGMA * sharpErr) flags |= SourceFlag.extended;
    if (sharp < -SHARP_LEAST && sharp < -SHARP_SIGMA * sharpErr) flags |= SourceFlag.tooSharp;
    if (saturated(s) === 0) {
      bright.near(x, y, 128, (k) => {
        const other = saturatedStars[k]!;
        const shape = shapeAt(psf, x, y);
        const d2 = (stars.x[other]! - x) ** 2 + (stars.y[other]! - y) ** 2;
        const wing = stars.flux[other]! * (1 + d2 / Math.exp(2 * shape.lnAlpha)) ** -shape.beta;
        if (wing > 0.5 * flux || d2 < (stars.half[other]! + 1) ** 2) flags |= SourceFlag.nearSaturated;
      });
    }
    const at = APERTURE_STRIDE * s;
    const share = apertureSums[at + 1]!;
    if (apertureSums[at + 3]! > 0) flags |= SourceFlag.apertureIncomplete;
    if (fracFlux < 0.8 || apertureSums[at + 3]! > 0.1) flags |= SourceFlag.crowded;
    table.x[row] = x;
    table.y[row] = y;
    table.xErr[row] = Math.sqrt(variances.x[s]!);
    table.yErr[row] = Math.sqrt(variances.y[s]!);
    table.flux[row] = saturated(s) === 1 ? Number.NaN : flux * normalisation;
    table.fluxErr[row] = saturated(s) === 1 ? Number.NaN : fluxErr * normalisation;
    table.sky[row] = skyAt(sky, sky.level, x, y);
    table.chi2[row] = chi2;
    table.sharp[row] = sharp;
    table.flags[row] = flags;
    table.nNeighbours[row] = variances.nNeighbours[s]!;
    table.fracFlux[row] = fracFlux;
    const whole = saturated(s) === 0 && share > 0.1;
    table.aperFlux[row] = whole ? (flux + apertureSums[at]! / share) * normalisation : Number.NaN;
    table.aperFluxErr[row] = whole ? (Math.sqrt(apertureSums[at + 2]!) / share) * normalisation : Number.NaN;
  });
  return table;
}
