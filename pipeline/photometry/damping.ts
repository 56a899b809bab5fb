import { type Equations, type Pairs, STATS } from '../model/normal.ts';

/** A step was wrong that raises chi square over a star's square by more than this share, and by more than chance does. */
const WORSE_SHARE = 0.3;
const WORSE_CHI2 = 20;
/** Damping after the first wrong step, and its factor after each further one; a right step divides by the same. */
const FIRST = 0.1;
const FACTOR = 10;

/**
 * Keeps Gauss-Newton steps of blends from running away: where the images of stars are nearly alike the linear equations
 * promise more than is there, and what is wrong grows from round to round. A star whose fit became worse is to go back
 * to where it stood, with all that share its pixels, and the next steps are shortened (Levenberg 1944, Q. Appl. Math. 2,
 * 164; Marquardt 1963, J. SIAM 11, 431).
 */
export class Damping {
  /** The share of a star's own block that is added to its diagonal; 0 where steps were right. */
  readonly share: Float64Array;
  readonly #chi2: Float64Array;
  #back: Uint8Array;

  constructor(count: number) {
    this.share = new Float64Array(count);
    this.#chi2 = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.#back = new Uint8Array(count);
  }

  /** Marks the stars that are to go back, by the equations formed where the last step led to. */
  diverging({ stats }: Equations, { start, second }: Pairs): Uint8Array {
    const count = this.share.length;
    const wrong = new Uint8Array(count);
    for (let s = 0; s < count; s++) {
      if (stats[STATS * s]! > (1 + WORSE_SHARE) * this.#chi2[s]! + WORSE_CHI2) wrong[s] = 1;
    }
    const back = wrong.slice();
    for (let s = 0; s < count; s++) {
      for (let p = start[s]!; p < start[s + 1]!; p++) {
        if (wrong[s] === 1) back[second[p]!] = 1;
        if (wrong[second[p]!] === 1) back[s] = 1;
      }
    }
    for (let s = 0; s < count; s++) {
      if (back[s] === 1) {
        this.share[s] = Math.max(FIRST, FACTOR * this.share[s]!);
        // Where only a neighbour was wrong, others of its pixels stay as they are now.
        if (wrong[s] === 0) this.#chi2[s] = Number.POSITIVE_INFINITY;
        continue;
      }
      // A star that has just gone back has not stepped since.
      if (this.#back[s] === 0) this.share[s] = this.share[s]! >= FIRST ? this.share[s]! / FACTOR : 0;
      this.#chi2[s] = stats[STATS * s]!;
    }
    this.#back = back;
    return back;
  }
}
