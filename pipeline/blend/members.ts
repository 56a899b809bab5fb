import { type Epoch, offsetOf, type SkyOffset } from './epoch.ts';

/** What is seen within this many FWHM of an earlier sighting is the same star. */
const SAME_FWHM = 0.5;
/** A star is one that this share of the sharpest frames shows, however few these are, but at least so many. */
const SHARE = 2 / 3;
export const LEAST_EPOCHS = 3;
/** So many stars nearest to the target are told apart, no more. */
const MOST_MEMBERS = 16;

interface Sighting extends SkyOffset {
  /** Rank of the frames that show it, sharpest first. */
  readonly ranks: number[];
}

/** What stands about a target. */
export interface Members {
  /** The target first. */
  readonly places: readonly SkyOffset[];
  /** No other star stands nearer to the target's position than this. */
  readonly reachArcsec: number;
}

/**
 * The stars within `reachArcsec` of the target's position, where the sharpest frame that shows one has it: those that the
 * sharp frames agree upon, whatever the blurred ones make of them. The target is the star nearest to its position, within
 * `targetArcsec`, or else that very position.
 */
export function findMembers(epochs: readonly Epoch[], reachArcsec: number, targetArcsec: number): Members {
  const sightings: Sighting[] = [];
  const sharpest = [...epochs].sort((a, b) => a.fwhmArcsec - b.fwhmArcsec);
  for (const [rank, epoch] of sharpest.entries()) look(epoch, rank, reachArcsec, sightings);
  const stars = sightings
    .filter(({ ranks }) => isStar(ranks))
    .map(({ u, v }) => ({ u, v, r: Math.hypot(u, v) }))
    .sort((a, b) => a.r - b.r);
  const places = stars.slice(0, MOST_MEMBERS).map(({ u, v }): SkyOffset => ({ u, v }));
  if (!(stars[0] && stars[0].r < targetArcsec)) places.unshift({ u: 0, v: 0 });
  return { places, reachArcsec: Math.min(reachArcsec, stars[MOST_MEMBERS]?.r ?? reachArcsec) };
}

function look(epoch: Epoch, rank: number, reachArcsec: number, sightings: Sighting[]): void {
  const known = sightings.length;
  const brightestFirst = [...epoch.patch.stars].sort((a, b) => b.flux - a.flux);
  for (const star of brightestFirst) {
    const { u, v } = offsetOf(epoch, star.x, star.y);
    if (!(Math.hypot(u, v) < reachArcsec)) continue;
    let least = SAME_FWHM * epoch.fwhmArcsec;
    let same: Sighting | undefined;
    for (const sighting of sightings.slice(0, known)) {
      const d = Math.hypot(sighting.u - u, sighting.v - v);
      if (d >= least || sighting.ranks.at(-1) === rank) continue;
      least = d;
      same = sighting;
    }
    if (same) same.ranks.push(rank);
    else sightings.push({ u, v, ranks: [rank] });
  }
}

function isStar(ranks: readonly number[]): boolean {
  return ranks.some((rank, k) => {
    const frames = Math.max(LEAST_EPOCHS, rank + 1);
    return k + 1 >= SHARE * frames;
  });
}
