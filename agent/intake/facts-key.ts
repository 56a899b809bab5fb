import { createHash } from 'node:crypto';
import type { Fact, FrameFacts } from '../../pipeline/header/facts.ts';

/**
 * The facts that a measurement depends on. Not among them: what solvers write into saved files (position, scale,
 * rotation, focal length), what follows from others (airmass, altitude), and the software's name. A version of an
 * exposure that differs in nothing of this list is not reduced again.
 */
const measured = [
  'kind',
  'isMaster',
  'object',
  'filter',
  'exposureS',
  'startUtc',
  'midUtc',
  'time',
  'gainSetting',
  'offsetSetting',
  'gainEPerAdu',
  'readNoiseE',
  'saturationAdu',
  'binning',
  'sensorTemperatureC',
  'setTemperatureC',
  'camera',
  'telescope',
  'readoutMode',
  'bayer',
  'siteLatDeg',
  'siteLonDeg',
  'siteHeightM',
  'subframe',
  'dataSection',
  'biasSection',
  'trimSection',
  'calibrated',
  'pedestalAdu',
  'requestId',
  'visitId',
] as const satisfies readonly (keyof FrameFacts)[];

/** SHA-256 (hex) of the facts that a measurement depends on: their values, whichever cards they came from. */
export function factsKey(facts: FrameFacts): string {
  const values = measured.map((name) => [name, plainValue(facts[name])]);
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

function plainValue(fact: FrameFacts[(typeof measured)[number]]): unknown {
  const isFact = typeof fact === 'object' && 'value' in fact && 'card' in fact;
  return (isFact ? (fact as Fact<unknown>).value : fact) ?? null;
}
