import { TellOperator } from '../base/errors.ts';
import { type MovingTargetConfig, movingTargetSchema } from '../config/sections/targets.ts';

const orbitParts = {
  ...{ e: 'eccentricity', q: 'perihelionAu', i: 'inclinationDeg' },
  ...{ node: 'nodeDeg', peri: 'perihelionDeg', tp: 'perihelionMjdTt' },
} as const;

/**
 * The moving target that NAME,e=,q=,i=,node=,peri=,tp= means, the parts in any order.
 * @throws TellOperator where a part is missing or no number, or no orbit has it.
 */
export function orbitOf(text: string): MovingTargetConfig {
  const [name = '', ...parts] = text.split(',').map((part) => part.trim());
  const given = parts.map((part) => part.split('='));
  const found = Object.fromEntries(
    given.map(([key = '', value = '']) => [orbitParts[key as keyof typeof orbitParts] ?? key, Number(value || 'none')]),
  );
  const parsed = movingTargetSchema.safeParse({ name, orbit: found });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .map(({ path, message }) => `${path.at(-1)?.toString() ?? ''}: ${message}`)
    .join('; ');
  const form = '--orbit takes NAME,e=..,q=..,i=..,node=..,peri=..,tp=..';
  throw new TellOperator('USAGE', `${form} and cannot use "${text}": ${faults}.`);
}
