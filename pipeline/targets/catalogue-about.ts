import { type SkyPosition, separationDeg } from '../../sky/sphere.ts';

/** How many stars a catalogue has about a position, and how deep it goes there. */
export interface CatalogueAbout {
  /** Stars a square arcsecond as bright as this or brighter; of any brightness for NaN. */
  density(mag: number): number;
  /** The magnitude at which the numbers of stars peak: fainter ones are missing. Undefined with too few stars. */
  depth(): number | undefined;
}

/** The region that counts are made in grows until it holds enough stars. */
const radiiDeg = [0.15, 0.3, 0.6, 1.2];
const enough = 200;
const fewestForDepth = 8;
/** With fewer stars a peak means nothing: the magnitude that four fifths of them exceed is taken. */
const fewestForPeak = 50;
const binMag = 0.5;

/** Counts the stars about a position (ICRS, degrees) by their magnitudes, NaN where unknown. */
export function catalogueAbout(
  { raDeg, decDeg }: { readonly raDeg: Float64Array; readonly decDeg: Float64Array },
  magnitudes: Float64Array | undefined,
  position: SkyPosition,
): CatalogueAbout {
  const within: { away: number; mag: number }[] = [];
  const widest = radiiDeg.at(-1)!;
  for (let row = 0; row < raDeg.length; row++) {
    if (!(Math.abs(decDeg[row]! - position.decDeg) <= widest)) continue;
    const away = separationDeg(position, { raDeg: raDeg[row]!, decDeg: decDeg[row]! });
    if (away <= widest) within.push({ away, mag: magnitudes?.[row] ?? Number.NaN });
  }
  const radiusDeg = radiiDeg.find((radius) => within.filter(({ away }) => away <= radius).length >= enough) ?? widest;
  const stars = within.filter(({ away }) => away <= radiusDeg);
  const mags = stars
    .map(({ mag }) => mag)
    .filter((mag) => !Number.isNaN(mag))
    .sort((a, b) => a - b);
  const areaArcsec2 = Math.PI * (radiusDeg * 3600) ** 2;
  return {
    density(mag) {
      if (Number.isNaN(mag)) return stars.length / areaArcsec2;
      const brighter = mags.findIndex((one) => one > mag);
      return Math.max(1, brighter === -1 ? mags.length : brighter) / areaArcsec2;
    },
    depth: () => depthOf(mags),
  };
}

function depthOf(mags: readonly number[]): number | undefined {
  if (mags.length < fewestForDepth) return undefined;
  if (mags.length < fewestForPeak) return mags[Math.floor(0.8 * (mags.length - 1))]!;
  let best = { count: 0, at: mags[0]! };
  for (let at = mags[0]!; at <= mags.at(-1)! + binMag / 2; at += binMag / 4) {
    const count = mags.filter((mag) => Math.abs(mag - at) <= binMag / 2).length;
    if (count > best.count) best = { count, at };
  }
  return best.at;
}
