import type { Target } from '../../pipeline/stages/state.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { separationDeg } from '../../sky/sphere.ts';
import type { NetworkTargetStore, StoredTarget } from '../store/network-targets.ts';

export interface TargetBookParts {
  readonly store: Pick<NetworkTargetStore, 'targets' | 'archive'>;
  /** Targets of the configuration. */
  readonly own: readonly Target[];
  /** Centres whose lists and archives count. */
  readonly destinations: readonly string[];
  /** A frame may turn out to look anywhere, whatever its header says. */
  readonly mayLookAnywhere?: boolean;
}

/** Positions nearer than this are the same target; BHTOM takes no second one within it. */
const sameArcsec = 3;
/** Archives of targets farther than this from where a frame says that it looks are not sent along. */
const archiveWithinDeg = 5;
/** Nor listed targets themselves: farther than the widest field and the widest search reach. */
const listedWithinDeg = 25;
/** Points of a light curve that are sent along: the last ones. */
const maxPoints = 2000;

/** All targets that a frame may show, of the configuration, of a request, and of the centres' lists. */
export class TargetBook {
  readonly #parts: TargetBookParts;
  /** The last lists without what the site has itself: they change a few times a day, frames come every minute. */
  #others: { readonly listed: readonly StoredTarget[]; readonly targets: readonly StoredTarget[] } | undefined;

  constructor(parts: TargetBookParts) {
    this.#parts = parts;
  }

  /**
   * The targets for one frame. Those of the site and of the request (`asked`) are told in any case, those of the lists
   * only where the frame shows them. A target that is in several lists counts once. `near` is where the frame says
   * that it looks.
   */
  forFrame(asked: readonly Target[], near: SkyPosition | undefined): Target[] {
    const own = [...this.#parts.own];
    for (const target of asked) if (!own.some(({ name }) => name === target.name)) own.push(target);
    const names = new Set(asked.map(({ name }) => name));
    const place = this.#parts.mayLookAnywhere ? undefined : near;
    const others = this.#listed().filter(
      (one) =>
        !names.has(one.name) &&
        !asked.some((target) => isSame(target, one)) &&
        !(place && isFarther(place, one, listedWithinDeg)),
    );
    return [
      ...own.map((target) => this.#withArchive(target, near)),
      ...others.map((target) => ({ ...this.#withArchive(target, near), onlyInside: true })),
    ];
  }

  #listed(): readonly StoredTarget[] {
    const { store, own, destinations } = this.#parts;
    const listed = store.targets(destinations);
    if (this.#others?.listed !== listed) {
      const names = new Set(own.map(({ name }) => name));
      const targets = uniqueNames(listed).filter(
        (one) => !names.has(one.name) && !own.some((target) => isSame(target, one)),
      );
      this.#others = { listed, targets };
    }
    return this.#others.targets;
  }

  #withArchive(target: Target, near: SkyPosition | undefined): Target {
    if (near && isFarther(near, target, archiveWithinDeg)) return target;
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

function isFarther(a: SkyPosition, b: SkyPosition, thanDeg: number): boolean {
  return Math.abs(a.decDeg - b.decDeg) > thanDeg || separationDeg(a, b) > thanDeg;
}
