import { InvalidArgumentError } from 'commander';
import type { MovingTargetConfig } from '../config/schema.ts';
import type { FieldHint } from '../pipeline/astrometry/problem.ts';
import type { Target } from '../pipeline/stages/state.ts';

/** A number above zero. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('a number above 0 is needed');
}

/** A number that is not negative. */
export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('a number from 0 is needed');
}

/** A whole number above zero. */
export function count(text: string): number {
  const value = positive(text);
  if (Number.isInteger(value)) return value;
  throw new InvalidArgumentError('a whole number above 0 is needed');
}

/** NAME,RA,DEC in degrees; the name may hold commas. Given more than once, the targets add up. */
export function target(text: string, previous: readonly Target[] = []): Target[] {
  const match = /^(.+),([^,]+),([^,]+)$/.exec(text);
  const raDeg = Number(match?.[2]);
  const decDeg = Number(match?.[3]);
  if (!match || !(raDeg >= 0 && raDeg < 360) || !(Math.abs(decDeg) <= 90)) {
    throw new InvalidArgumentError('a target is NAME,RA,DEC with RA from 0 to 360 and Dec from -90 to 90 degrees');
  }
  return [...previous, { name: match[1]!.trim(), raDeg, decDeg }];
}

/** NAME,FILE of an ephemeris. */
export function ephemeris(text: string, previous: readonly MovingTargetConfig[] = []): MovingTargetConfig[] {
  const match = /^([^,]+),(.+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('an ephemeris is NAME,FILE');
  return [...previous, { name: match[1]!.trim(), ephemeris: match[2]! }];
}

/** What is given more than once, as it stands. */
export function several(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}

/** RA,DEC,RADIUS in degrees. */
export function hint(text: string): FieldHint {
  const [raDeg, decDeg, radiusDeg, ...more] = text.split(',').map(Number) as [number, number, number, ...number[]];
  if (
    more.length > 0 ||
    !(raDeg >= 0 && raDeg < 360) ||
    !(Math.abs(decDeg) <= 90) ||
    !(radiusDeg > 0 && radiusDeg <= 30)
  ) {
    throw new InvalidArgumentError('a hint is RA,DEC,RADIUS in degrees, the radius up to 30');
  }
  return { raDeg, decDeg, radiusDeg };
}
