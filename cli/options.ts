import { InvalidArgumentError } from 'commander';
import type { MovingTargetConfig } from '../config/schema.ts';
import type { FieldHint } from '../pipeline/astrometry/problem.ts';
import type { Target } from '../pipeline/stages/state.ts';
import { positionOfText } from '../sky/position-text.ts';

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

/** NAME,RA,DEC, degrees or sexagesimal; the name may hold commas. Given more than once, the targets add up. */
export function target(text: string, previous: readonly Target[] = []): Target[] {
  const match = /^(.+),([^,]+),([^,]+)$/.exec(text);
  const position = match ? positionOfText(match[2]!, match[3]!) : undefined;
  if (!match || !position) {
    throw new InvalidArgumentError(
      'a target is NAME,RA,DEC: degrees (83.633,22.0145) or hours and degrees (5:34:31.9,+22:00:52)',
    );
  }
  return [...previous, { name: match[1]!.trim(), ...position }];
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

/** RA,DEC,RADIUS, the position in degrees or sexagesimal, the radius in degrees. */
export function hint(text: string): FieldHint {
  const [ra = '', dec = '', radius, ...more] = text.split(',');
  const position = positionOfText(ra, dec);
  const radiusDeg = Number(radius);
  if (!position || more.length > 0 || !(radiusDeg > 0 && radiusDeg <= 30)) {
    throw new InvalidArgumentError('a hint is RA,DEC,RADIUS with the radius in degrees, up to 30');
  }
  return { ...position, radiusDeg };
}
