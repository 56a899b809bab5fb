import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type ReduceOptions, reduceFrames } from '../../cli/reduce.ts';
import { SourceFlag } from '../../pipeline/flags.ts';
import { readEcsv } from '../../pipeline/tables/read-ecsv.ts';

/** A star of a catalogue: FITS pixels (1-based), electrons. */
export interface MeasuredStar {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
  readonly fluxErr: number;
  readonly aperFlux: number;
  readonly flags: number;
}

/** Measures a frame the way `bhtom-edge reduce` does and reads the catalogue back. */
export async function measureFile(path: string, options: Omit<Partial<ReduceOptions>, 'out'>): Promise<MeasuredStar[]> {
  const out = mkdtempSync(join(tmpdir(), 'bhtom-edge-measure-'));
  try {
    for await (const record of reduceFrames([path], { solve: false, threads: 1, ...options, out })) {
      assert.equal(record.state, 'reduced', JSON.stringify(record));
      if (record.state !== 'reduced') continue;
      const { numbers } = readEcsv(readFileSync(record.catalogues[0]!, 'utf8'), path, parse);
      const column = (name: string) => numbers.get(name)!;
      return Array.from(column('x'), (x, i) => ({
        x,
        y: column('y')[i]!,
        flux: column('flux')[i]!,
        fluxErr: column('flux_err')[i]!,
        aperFlux: column('aper_flux')[i]!,
        flags: column('flags')[i]!,
      }));
    }
    throw new Error(`${path} was not reduced`);
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** For each star of `others`, the nearest measured one within `radiusPx`, or undefined. Both in FITS pixels. */
export function counterparts<Star extends { readonly x: number; readonly y: number }>(
  others: readonly { readonly x: number; readonly y: number }[],
  measured: readonly Star[],
  radiusPx: number,
): (Star | undefined)[] {
  return others.map((other) => {
    let best: Star | undefined;
    let least = radiusPx;
    for (const star of measured) {
      const distance = Math.hypot(star.x - other.x, star.y - other.y);
      if (distance > least) continue;
      least = distance;
      best = star;
    }
    return best;
  });
}

export interface Agreement {
  /** Stars of the other list above 20 sigma that it did not flag, and the share of them found within half a pixel. */
  readonly nStars: number;
  readonly foundShare: number;
  /** Stars above 100 sigma, and the robust relative scatter of our PSF flux over their aperture flux. */
  readonly nBright: number;
  readonly ratioScatter: number;
}

/** How far our catalogue agrees with a list of aperture photometry. */
export function agreement(
  theirs: readonly { x: number; y: number; flux: number; fluxErr: number; flags: number }[],
  ours: readonly MeasuredStar[],
): Agreement {
  const clean = theirs.filter(({ flags, flux, fluxErr }) => flags === 0 && flux > 20 * fluxErr);
  const partners = counterparts(clean, ours, 0.5);
  const ratios = clean.flatMap(({ flux, fluxErr }, i) => {
    const partner = partners[i];
    if (!partner || flux <= 100 * fluxErr || (partner.flags & SourceFlag.saturated) !== 0) return [];
    return [partner.flux / flux];
  });
  return {
    nStars: clean.length,
    foundShare: partners.filter((partner) => partner !== undefined).length / clean.length,
    nBright: ratios.length,
    ratioScatter: robustWidth(ratios) / median(ratios),
  };
}

/** 1.4826 times the median absolute deviation from the median. */
export function robustWidth(values: readonly number[]): number {
  const middle = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
