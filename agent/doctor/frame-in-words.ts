import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { isoOfMjd } from '../../pipeline/time/mjd.ts';

/** What a frame is taken for, in one line: kind, object, filter, exposure, time, camera, place. */
export function frameInWords(facts: FrameFacts): string {
  const { kind, object, filter, exposureS, midUtc, time, camera, raDeg, decDeg, size } = facts;
  const parts = [
    `${kind.value}${kind.card === 'default' ? ' (nothing tells its kind)' : ''}`,
    object && kind.value === 'light' ? `of ${object.value}` : undefined,
    filter ? `in ${filter.value}` : undefined,
    exposureS ? `${exposureS.value} s` : 'exposure unknown',
    size ? `${size.width} x ${size.height}` : undefined,
    midUtc ? `mid-exposure ${isoOfMjd(midUtc.value).slice(0, 19)} UTC (${time.verdict})` : 'time unknown',
    camera ? `camera ${camera.value}` : 'camera unknown',
    kind.value !== 'light'
      ? undefined
      : raDeg && decDeg
        ? `at RA ${raDeg.value.toFixed(3)} Dec ${decDeg.value.toFixed(3)}`
        : 'no position',
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
