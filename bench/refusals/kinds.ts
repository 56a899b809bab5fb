import type { Random } from '../../base/random.ts';
import type { Plane } from '../../pipeline/plane.ts';

/** A kind of simulated frame: draws another one of it each time. */
export interface FrameKind {
  readonly name: string;
  readonly draw: (random: Random) => Plane;
}
