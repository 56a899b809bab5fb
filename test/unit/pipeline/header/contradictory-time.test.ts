import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import {
  addSeconds,
  isoOfMjd,
  jdMinusMjd,
  type Mjd,
  mjdNumber,
  secondsBetween,
} from '../../../../pipeline/time/mjd.ts';

/** One card that tells a moment, given the start of the exposure as the card has it, and what its exposure is. */
type Writer = (start: Mjd, exposureS: number) => string;

const iso = (mjd: Mjd) => isoOfMjd(mjd).slice(0, -1);
const clock = (mjd: Mjd) => iso(mjd).slice(11);
const middle = (start: Mjd, exposureS: number) => addSeconds(start, exposureS / 2);
const end = (start: Mjd, exposureS: number) => addSeconds(start, exposureS);
const mjdText = (mjd: Mjd) => `${mjd.day}${mjd.fraction.toFixed(9).slice(1)}`;
const jdText = (mjd: Mjd) => (mjdNumber(mjd) + jdMinusMjd).toFixed(8);

/** Cards that tell day and UTC, so that no error is hidden from them. */
const witnesses: readonly Writer[] = [
  (start) => `DATE-OBS= '${iso(start)}'`,
  (start) => `DATE-OBS= '${iso(start)}' / UTC at start of exposure`,
  (start, exposureS) => `DATE-OBS= '${iso(end(start, exposureS))}' / UTC end of exposure`,
  (start, exposureS) => `DATE-OBS= '${iso(middle(start, exposureS))}' / mid-exposure`,
  (start) => `DATE-BEG= '${iso(start)}'`,
  (start, exposureS) => `DATE-AVG= '${iso(middle(start, exposureS))}'`,
  (start, exposureS) => `DATE-END= '${iso(end(start, exposureS))}'`,
  (start) => `MJD-OBS = ${mjdText(start)}`,
  (start) => `JD      = ${jdText(start)}`,
  (start) => `JD-OBS  = ${jdText(start)} / Julian Date at start of exposure`,
  (start, exposureS) => `MJD-AVG = ${mjdText(middle(start, exposureS))}`,
];
/** A time of day hides a wrong day, local time a wrong zone. */
const others: readonly Writer[] = [
  (start) => `TIME-OBS= '${clock(start)}'`,
  (start) => `UT      = '${clock(start)}' / universal time`,
  (start) => `TM-START= ${(start.fraction * 86400).toFixed(3)} / [s] seconds since midnight`,
  (start) => `UTSTART = ${(start.fraction * 24).toFixed(8)} / [h] UT`,
  (start) => `DATE-LOC= '${iso(addSeconds(start, 7200))}'`,
];
const wholeSeconds: readonly Writer[] = [
  (start) => `DATE-OBS= '${iso(start).slice(0, 19)}'`,
  (start) => `DATE-OBS= '${iso(start).slice(0, 10)}'\nTIME-OBS= '${clock(start).slice(0, 8)}'`,
  (start) => `UTC     = '${clock(start).slice(0, 8)}'`,
];
function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random.uniform() * list.length)]!;
}

/** An error of a card: from seconds to days, whole hours among them; at least what its digits can show. */
function errorS(random: Random, leastS: number): number {
  const sizes = [
    leastS + random.uniform() * 3,
    5 + random.uniform() * 60,
    400 + random.uniform() * 3000,
    3600 * (1 + Math.floor(random.uniform() * 11)),
    86400,
  ];
  return pick(random, sizes) * (random.uniform() < 0.5 ? -1 : 1);
}

function exposure(random: Random): { start: Mjd; exposureS: number } {
  const fraction = Math.floor(random.uniform() * 86_400_000) / 86_400_000;
  return {
    start: { day: 57000 + Math.floor(random.uniform() * 4000), fraction },
    exposureS: pick(random, [12, 30, 60, 300, 900]),
  };
}

/** A header of cards of which one at least is right and one wrong, with the true middle of its exposure. */
function contradictoryHeader(random: Random): { text: string; truth: Mjd } {
  const { start, exposureS } = exposure(random);
  const isExact = random.uniform() < 0.6;
  const pool = isExact ? [...witnesses, ...others] : [...witnesses, ...others, ...wholeSeconds];
  const right = pick(random, witnesses);
  const wrong = Array.from({ length: 1 + Math.floor(random.uniform() * 3) }, () => {
    const error = errorS(random, isExact ? 1.05 : 2);
    return pick(random, pool)(addSeconds(start, error), exposureS);
  });
  const cards = [
    ...wrong,
    right(start, exposureS),
    ...(random.uniform() < 0.3 ? [pick(random, pool)(start, exposureS)] : []),
  ];
  if (random.uniform() < 0.5) cards.reverse();
  return { text: [...cards, `EXPTIME = ${exposureS}`].join('\n'), truth: middle(start, exposureS) };
}

const resolve = (text: string) => resolveHeader(headerFromText(text), dialectTable);

test('a header whose cards contradict each other never gives a good time that is off by more than a second', () => {
  const random = new Random(20240305);
  let nDoubtful = 0;
  for (let i = 0; i < 4000; i++) {
    const { text, truth } = contradictoryHeader(random);
    const { time, midUtc } = resolve(text);
    if (time.verdict === 'doubtful') nDoubtful++;
    if (time.verdict !== 'good') continue;
    const offS = secondsBetween(midUtc!.value, truth);
    assert.ok(Math.abs(offS) <= 1, `off by ${offS} s:\n${text}`);
  }
  assert.ok(nDoubtful > 3000, `${nDoubtful} of 4000 are told apart`);
});

test('a header whose cards agree gives a good time, whichever of them it holds', () => {
  const random = new Random(7);
  for (let i = 0; i < 1000; i++) {
    const { start, exposureS } = exposure(random);
    const cards = [
      pick(random, witnesses),
      pick(random, [...witnesses, ...others]),
      pick(random, [...witnesses, ...others]),
    ];
    const text = [...cards.map((write) => write(start, exposureS)), `EXPTIME = ${exposureS}`].join('\n');
    const { time, midUtc } = resolve(text);
    // A Julian Date alone may be the start or the middle.
    assert.equal(time.verdict, 'good', `${time.reasons.join()}\n${text}`);
    assert.ok(Math.abs(secondsBetween(midUtc!.value, middle(start, exposureS))) <= 0.01, text);
  }
});
