import type { SkyPosition } from '../../pipeline/astrometry/sphere.ts';
import { separationDeg } from '../../pipeline/astrometry/sphere.ts';
import type { Target } from '../../pipeline/stages/state.ts';
import type { NetworkTargetStore, StoredTarget } from '../store/network-targets.ts';

export interface TargetBookParts {
  readonly store: Pick<NetworkTargetStore, 'targets' | 'archive'>;
  /** Targets of the configuration. */
  readonly own: readonly Target[];
  /** Centres whose lists and archives count. */
  readonly destinations: readonly string[];
}

/** Positions nearer than this are the same target; BHTOM takes no second one within it. */
const sameArcsec = 3;
/** Archives of targets farther than this from where a frame says that it looks are not sent along. */
const archiveWithinDeg = 5;
/** Points of a light curve that are sent along: the last ones. */
const maxPoints = 2000;

/** All targets that a frame may show, of the configuration, of a request, and of the centres' lists. */
export class TargetBook {
  readonly #parts: TargetBookParts;

  constructor(parts: TargetBookParts) {
    this.#parts = parts;
  }

  /**
   * The targets for one frame. Those of the site and of the request (`asked`) are told in any case, those of the lists
   * only where the frame shows them. A target that is in several lists counts once. `near` is where the frame says
   * that it looks.
   */
  forFrame(asked: readonly Target[], near: SkyPosition | undefined): Target[] {
    const own: Target[] = [];
    for (const target of [...this.#parts.own, ...asked]) {
      if (!own.some(({ name }) => name === target.name)) own.push(target);
    }
    const listed = this.#parts.store.targets(this.#parts.destinations);
    const names = new Set(own.map(({ name }) => name));
    const others = uniqueNames(listed).filter(
      (one) => !names.has(one.name) && !own.some((target) => isSame(target, one)),
    );
    return [
      ...own.map((target) => this.#withArchive(target, near)),
      ...others.map((target) => ({ ...this.#withArchive(target, near), onlyInside: true })),
    ];
  }

  #withArchive(target: Target, near: SkyPosition | undefined): Target {
    if (near && separationDeg(near, target) > archiveWithinDeg) return target;
    const points = this.#parts.destinations
      .map((destination) => this.#parts.store.archive(destination, target.name)?.points)
      .find((found) => found !== undefined && found.length > 0);
    return points ? { ...target, archive: points.slice(-maxPoints) } : target;
  }
}

function uniqueNames(targets: readonly StoredTarget[]): StoredTarget[] {
  return [...new Map(targets.map((target) => [target.name, target])).values()];
}

function isSame(a: SkyPosition, b: SkyPosition): boolean {
  return Math.abs(a.decDeg - b.decDeg) < sameArcsec / 3600 && separationDeg(a, b) * 3600 < sameArcsec;
}
