import { ofDateOfJ2000 } from '../../sky/equinox.ts';
import { SiteSky, TargetSky } from '../../sky/site-sky.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import type { Candidate, Interval } from './candidate.ts';
import { type Limits, meridianObstacle, type SkyConstraint, unmetConstraint } from './constraints.ts';
import { durationOf } from './duration.ts';

/** A night is looked at in steps of five minutes; where a visit would begin it is looked at exactly. */
export const stepMs = 300_000;

/** How one candidate stands through one night, and when a visit could begin. */
export class Outlook {
  readonly candidate: Candidate;
  readonly durationMs: number;
  /** One a step of the night. */
  readonly targets: readonly TargetSky[];
  readonly unmet: readonly (SkyConstraint | undefined)[];
  /** Whether a visit could begin at each step. */
  readonly startable: readonly boolean[];
  /** The least airmass of these that are left at each step. */
  readonly bestAirmassFrom: readonly number[];
  /** The last of these, Unix milliseconds. */
  readonly lastStartMs: number | undefined;
  readonly #ofDate: SkyPosition;
  readonly #limits: Limits;

  constructor(candidate: Candidate, night: readonly SiteSky[], limits: Limits) {
    this.candidate = candidate;
    this.#limits = limits;
    this.durationMs = 1000 * durationOf(candidate.exposures);
    this.#ofDate = ofDateOfJ2000(candidate.position, night[0]?.atMs ?? 0);
    this.targets = night.map((sky) => new TargetSky(sky, candidate.position, this.#ofDate));
    this.unmet = this.targets.map((target) => unmetConstraint(target, candidate.allowed, limits));
    const nSteps = Math.ceil(this.durationMs / stepMs);
    this.startable = this.targets.map(
      (target, at) =>
        this.inWindow(target.sky.atMs) &&
        at + nSteps < this.targets.length &&
        this.unmet.slice(at, at + nSteps + 1).every((one) => one === undefined) &&
        meridianObstacle(target, this.targets[at + nSteps]!, limits) === undefined,
    );
    let best = Number.POSITIVE_INFINITY;
    this.bestAirmassFrom = this.targets
      .map(({ airmass }, at) => (this.startable[at] ? airmass : Number.POSITIVE_INFINITY))
      .reverse()
      .map((airmass) => (best = Math.min(best, airmass)))
      .reverse();
    this.lastStartMs = this.targets[this.startable.lastIndexOf(true)]?.sky.atMs;
  }

  /** Whether a visit that begins at a moment lies within a window. */
  inWindow(startMs: number): boolean {
    const { windows } = this.candidate;
    const endMs = startMs + this.durationMs;
    return windows.length === 0 || windows.some((window) => window.startMs <= startMs && endMs <= window.endMs);
  }

  /** Whether a visit can begin under a sky, looked at then and at its end. */
  allows(sky: SiteSky): boolean {
    if (!this.inWindow(sky.atMs)) return false;
    const start = this.at(sky);
    const end = this.at(new SiteSky(sky.site, sky.atMs + this.durationMs));
    const isMet = (target: TargetSky) => unmetConstraint(target, this.candidate.allowed, this.#limits) === undefined;
    return isMet(start) && isMet(end) && meridianObstacle(start, end, this.#limits) === undefined;
  }

  /** The candidate under a sky of the same night. */
  at(sky: SiteSky): TargetSky {
    return new TargetSky(sky, this.candidate.position, this.#ofDate);
  }

  /** When a visit could begin, from the first to the last step of each spell. */
  spells(): Interval[] {
    const spells: { startMs: number; endMs: number }[] = [];
    this.targets.forEach(({ sky: { atMs } }, at) => {
      if (!this.startable[at]) return;
      const spell = spells.at(-1);
      if (spell && atMs - spell.endMs <= stepMs) spell.endMs = atMs;
      else spells.push({ startMs: atMs, endMs: atMs });
    });
    return spells;
  }
}
