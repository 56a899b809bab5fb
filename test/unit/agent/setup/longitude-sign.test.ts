import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { longitudeSign } from '../../../../agent/setup/longitude-sign.ts';
import type { FrameFacts } from '../../../../pipeline/header/facts.ts';
import { mjdOfUnixMs } from '../../../../pipeline/time/mjd.ts';

const fact = <T>(value: T) => ({ value, card: 'TEST', confidence: 'high' as const });

/** A light frame of a time, a place on the sky and an altitude that a header tells; each may be missing. */
function light(iso?: string, position?: readonly [number, number], altitudeDeg?: number): FrameFacts {
  const facts: Partial<FrameFacts> = {
    midUtc: iso === undefined ? undefined : fact(mjdOfUnixMs(Date.parse(iso))),
    raDeg: position && fact(position[0]),
    decDeg: position && fact(position[1]),
    altitudeDeg: altitudeDeg === undefined ? undefined : fact(altitudeDeg),
  };
  return facts as FrameFacts;
}

const at = (longitudeDeg: number) => ({ latitudeDeg: 50, longitudeDeg, heightM: 0 });
const evening = '2026-11-22T21:30:00Z';
const hatp32 = [31.0428, 46.6878] as const;

describe('the sign of a longitude', () => {
  it('is right where it was night, wrong where it would have been day', () => {
    // 110 E: half past four in the morning; 110 W: two in the afternoon.
    assert.equal(longitudeSign([light(evening)], at(110)), 'right');
    assert.equal(longitudeSign([light(evening)], at(-110)), 'opposite');
  });

  it('follows from targets below the horizon', () => {
    // By astropy RA 250 Dec 20 stood 20 deg high at 60 W, the Sun at -18 deg, and at -17 deg at 60 E, the Sun at -50 deg.
    const low = light('2026-11-22T22:00:00Z', [250, 20]);
    assert.equal(longitudeSign([low], at(-60)), 'right');
    assert.equal(longitudeSign([low], at(60)), 'opposite');
  });

  it('follows from the altitude that a header tells', () => {
    // By astropy HAT-P-32 stood 80.9 deg high at 20 E, and 71.8 deg at 20 W.
    assert.equal(longitudeSign([light(evening, hatp32, 80.9)], at(20)), 'right');
    assert.equal(longitudeSign([light(evening, hatp32, 80.9)], at(-20)), 'opposite');
  });

  it('is undecided where both fit, where no time is known, and where frames contradict each other', () => {
    assert.equal(longitudeSign([light(evening, hatp32)], at(20)), 'undecided');
    assert.equal(longitudeSign([light()], at(110)), 'undecided');
    assert.equal(longitudeSign([light(evening), light('2026-11-22T06:00:00Z')], at(110)), 'undecided');
  });
});
