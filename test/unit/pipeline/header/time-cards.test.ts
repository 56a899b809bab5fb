import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import type { HeaderOverrides } from '../../../../pipeline/header/dialect.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { isoOfMjd } from '../../../../pipeline/time/mjd.ts';

const resolve = (text: string, overrides: HeaderOverrides = {}) =>
  resolveHeader(headerFromText(text), dialectTable, overrides);
const dateObs = "DATE-OBS= '2024-03-05T21:30:00.000'";

/** The middle of an exposure of 30 s, and its verdict. */
function middleOf(text: string): [string | undefined, string, string] {
  const { midUtc, time } = resolve(`${text}\nEXPTIME = 30.0`);
  return [midUtc && isoOfMjd(midUtc.value), time.verdict, time.reasons.join('; ')];
}

test('dates that a person reads at once are read', () => {
  const written = [
    '2024-03-05T21:30:00.000',
    '2024-03-05T21:30:00,000',
    '2024-03-05 21:30:00',
    '2024-03-05_21:30:00',
    '2024-03-05T21-30-00',
    '2024-03-05T21h30m00s',
    '20240305T213000',
    '20240305 213000',
    '20240305-213000',
    '2024-065T21:30:00',
    '2024-03-05T21.30.00',
    '20240305213000',
    '2024:03:05 21:30:00',
    '2024/03/05 21:30:00',
    '2024.03.05 21:30:00',
    '2024-3-5 21:30:00',
    '2024 03 05 21 30 00',
    '05-Mar-2024 21:30:00',
    '5 March 2024 21:30:00',
    '2024-Mar-05 21:30:00',
    'Mar 5, 2024 9:30:00 PM',
    'Tue Mar  5 21:30:00 2024',
    'Tue, 05 Mar 2024 21:30:00 GMT',
    '05.03.2024 21:30:00',
    '2024-03-05T21:30:00 GMT',
    '2024-03-05T21:30:00UT',
    '2024-03-05T21:30:00 (UTC)',
    '2024-03-05T21:30:00Z',
    '2024-03-05T22:30:00+01:00',
    '2024-03-05T22:30:00 UTC+1',
    '2024-03-05T14:30:00-0700',
  ];
  for (const text of written) {
    assert.deepEqual(middleOf(`DATE-OBS= '${text}'`), ['2024-03-05T21:30:15.000Z', 'good', ''], text);
  }
});

test('a date that can be two days says so and quotes the card, unless another card tells which', () => {
  for (const text of ['05/03/2024 21:30:00', '05-03-2024 21:30:00', '3/5/24 21:30:00']) {
    const [, verdict, reasons] = middleOf(`DATE-OBS= '${text}'`);
    assert.equal(verdict, 'unusable', text);
    assert.ok(reasons.includes(`DATE-OBS = '${text}' is ambiguous`), reasons);
  }
  const settled = [
    "DATE-OBS= '05/03/2024 21:30:00'\nJD      = 2460375.39583333",
    "DATE-OBS= '03/05/2024 21:30:00'\nMJD-OBS = 60374.895833333",
    "DATE-OBS= '03/05/2024 21:30:00'\nDATE-END= '2024-03-05T21:30:30'",
    "DATE-OBS= '03/13/2024 21:30:00'",
    "DATE-OBS= '13/03/2024 21:30:00'",
  ];
  for (const text of settled) {
    const day = text.includes('13') ? '13' : '05';
    assert.equal(middleOf(text)[0], `2024-03-${day}T21:30:15.000Z`, text);
  }
});

test('a date that nobody can read is quoted', () => {
  for (const text of ['2024-03-05T25:00:00', '2024-02-30T10:00:00', 'last night', '21:30 5th']) {
    const [mid, verdict, reasons] = middleOf(`DATE-OBS= '${text}'`);
    assert.deepEqual([mid, verdict], [undefined, 'unusable'], text);
    assert.ok(reasons.includes(`DATE-OBS = '${text}'`), reasons);
  }
});

test('what a time card means is told by its comment', () => {
  const good = [
    [`${dateObs} / UTC date/time of exposure start`, '21:30:15'],
    [`${dateObs} / observation start, UT`, '21:30:15'],
    [`${dateObs} / shutter opened`, '21:30:15'],
    [`${dateObs} / UTC end of exposure`, '21:29:45'],
    [`${dateObs} / time the exposure ended`, '21:29:45'],
    [`${dateObs} / Shutter closing time`, '21:29:45'],
    [`${dateObs} / exposure stop`, '21:29:45'],
    [`${dateObs} / mid-exposure`, '21:30:00'],
    [`${dateObs} / UT at the middle of the exposure`, '21:30:00'],
    [`${dateObs} / Exposure center (UTC)`, '21:30:00'],
    [`${dateObs} / midpoint`, '21:30:00'],
    ["DATE-OBS= '2024-03-05T23:30:00' / Local time, UTC+2", '21:30:15'],
    ["DATE-OBS= '2024-03-05T14:30:00' / start (UT-0700)", '21:30:15'],
    ["DATE-OBS= '2024-03-05T21:30:37'\nTIMESYS = 'TAI'", '21:30:15'],
    ["DATE-OBS= '2024-03-05T21:31:09.184'\nTIMESYS = 'TT'", '21:30:15'],
    ["DATE-OBS= '2024-03-05T21:30:18'\nTIMESYS = 'GPS'", '21:30:15'],
    ["DATE-OBS= '2024-03-05T22:30:00' / local start\nUT      = '21:30:00'\nJD      = 2460375.39583333", '21:30:15'],
  ] as const;
  for (const [text, time] of good) {
    assert.deepEqual(middleOf(text), [`2024-03-05T${time}.000Z`, 'good', ''], text);
  }
  const doubtful = [
    [`${dateObs} / UTC date that FITS file was created`, /when the file was written/],
    [`${dateObs} / time this file was written`, /when the file was written/],
    [`${dateObs} / date header was saved`, /when the file was written/],
    [`${dateObs} / Image created time`, /began or ended/],
    [`${dateObs} / System Clock-Frame Grabbed`, /began or ended/],
    [`${dateObs} / end of readout`, /began or ended/],
    [`${dateObs} / frame download time`, /began or ended/],
    [`${dateObs} / local time`, /local time/],
    [`${dateObs} / [CEST]`, /local time/],
    [`${dateObs} / exposure start, LT`, /local time/],
    ["DATE-OBS= '2024-03-05T22:30:00 CET'", /local time/],
    [`${dateObs}\nTIMESYS = 'LOCAL'`, /local time/],
    [`${dateObs}\nTIMESYS = 'UTC+2'`, /local time/],
    [`${dateObs}\nTIMESYS = 'Europe/Warsaw'`, /local time/],
    ["DATE-LOC= '2024-03-05T22:30:00'", /local time/],
    ["DATE-OBS= '2024-03-05T21:30'", /told to 60 s only/],
    ["DATE-OBS= '2024-03-05'\nUT      = 21.5 / [hours] UT", /UT = 21.5 is told to 360 s only/],
    ['JD      = 2460375.395', /told to 86 s only/],
  ] as const;
  for (const [text, reason] of doubtful) {
    const [mid, verdict, reasons] = middleOf(text);
    assert.equal(verdict, 'doubtful', `${text}: ${reasons}`);
    assert.match(reasons, reason, text);
    assert.ok(mid !== undefined, text);
  }
});

test('times of day by their unit', () => {
  const date = "DATE-OBS= '2024-03-05'";
  const clocks = [
    "TIME-OBS= '21:30:00'",
    "UT      = '21 30 00' / UT at start",
    "UTSTART = '21h30m00s'",
    "UT      = '21:30:00 UT'",
    "UTC     = '213000'",
    "TIME-OBS= '09:30:00 PM'",
    'TM-START= 77400.0',
    'UT      = 77400.0 / [s] 21:30:00 UT at start (sec)',
    'UT      = 21.500000 / [hours] UT',
    'UT      = 21.500000 / UT in hours',
    'UTSTART = 21.500000',
    'UT      = 1290.0000 / UT in minutes',
    'EXPSTART= 60374.895833333 / exposure start (Modified Julian Date)',
  ];
  for (const clock of clocks) assert.equal(middleOf(`${date}\n${clock}`)[0], '2024-03-05T21:30:15.000Z', clock);
});

test('cards of one moment that disagree make it doubtful, with both in the reason', () => {
  const contradictions: [string, ...string[]][] = [
    [`${dateObs}\nTIME-OBS= '22:30:00'`, "TIME-OBS = '22:30:00'"],
    [`${dateObs}\nUT      = '21:29:00'`, "UT = '21:29:00'"],
    [`${dateObs}\nUTC     = '20:30:00'`, "UTC = '20:30:00'"],
    [`${dateObs}\nUT      = 20.50000 / [h]`, 'UT = 20.5'],
    [`${dateObs}\nJD      = 2460375.4375`, 'JD = 2460375.4375'],
    [`${dateObs}\nMJD-OBS = 60374.897000`, 'MJD-OBS = 60374.897'],
    [`${dateObs}\nDATE-AVG= '2024-03-05T21:30:00.000'`, 'DATE-AVG'],
    [`${dateObs}\nDATE-END= '2024-03-05T21:31:10'`, 'DATE-END'],
    [`${dateObs}\nUTEND   = '21:29:00'`, 'UTEND'],
    [`${dateObs}\nDATE-LOC= '2024-03-05T22:31:00'`, 'DATE-LOC', 'no time zone'],
    [`${dateObs}\nDATE-LOC= '2024-03-05T21:30:00'`, 'DATE-LOC', 'the same'],
    [`${dateObs}\nDATE-LOC= '2024-03-05T22:30:00'\nSITELONG= -110.0`, 'DATE-LOC', 'longitude -110.0'],
    [`${dateObs}\nLOCTIME = '21:40:00'`, 'LOCTIME'],
    [`${dateObs}\nDATE-LOC= '2024-03-05T21:30:00'\nSITELONG= 20.0`, 'DATE-LOC', 'the same'],
    [`${dateObs}\nHJD     = 2460375.4375`, 'HJD'],
    [`${dateObs}\nUNIXTIME= 1709670600`, 'UNIXTIME'],
    [`${dateObs}\nGMT     = '20:30:00'`, 'GMT'],
    [`${dateObs}\nDATE    = '2024-03-05T20:30:33' / file creation`, 'DATE ='],
    [`${dateObs}\nUT-DATE = '2024-03-07'`, 'UT-DATE'],
    [`${dateObs}\nSITELONG= 20.0\nLST     = '11:45:00'`, 'LST', 'sidereal'],
    ["DATE-OBS= '2024-03-05T21:30:00'\nDATE-OBS= '2024-03-05T22:30:00'", "'2024-03-05T22:30:00'"],
    [`${dateObs}\nTELAPSE = 45.0`, 'TELAPSE = 45'],
    [`${dateObs}\nEXPOSURE= 300.0`, 'EXPTIME = 30', 'EXPOSURE = 300'],
  ];
  for (const [text, ...quotes] of contradictions) {
    const [, verdict, reasons] = middleOf(text);
    assert.equal(verdict, 'doubtful', text);
    for (const quote of quotes) assert.ok(reasons.includes(quote), `${text}: ${reasons}`);
  }
});

test('cards of one moment that agree in their own ways leave it good, and raise the confidence of one that is alone', () => {
  const agreeing = [
    `${dateObs}\nTIME-OBS= '21:30:00'\nUT      = '21:30:00.4'`,
    `${dateObs}\nJD      = 2460375.395833333\nMJD-OBS = 60374.895833333`,
    `${dateObs}\nMJD-OBS = 60374.896`,
    `${dateObs}\nMJD-OBS = 60374.0`,
    `${dateObs}\nJD      = 2460375.396006944\nMJD-OBS = 60374.895833333`,
    `${dateObs}\nJD-HELIO= 2460375.40 / Heliocentric Julian Date`,
    `${dateObs}\nUNIXTIME= 1709674200`,
    `${dateObs}\nDATE-AVG= '2024-03-05T21:30:15.000'\nDATE-END= '2024-03-05T21:30:30.5'`,
    `${dateObs}\nDATE-END= '2024-03-05T21:30:31.9'\nUT-OBS  = '21:30:00.000'`,
    `${dateObs}\nDATE-LOC= '2024-03-05T22:30:00.000'`,
    `${dateObs}\nDATE-LOC= '2024-03-05T21:30:00.000'\nSITELONG= -3.5`,
    `${dateObs}\nTIME-LOC= '03:00:00' / IST\nSITELONG= 75.0`,
    `${dateObs}\nDATE    = '2024-03-06T09:00:00'`,
    `${dateObs}\nDATE    = '2024-03-05'`,
    `${dateObs}\nSITELONG= 20.0\nLST     = '09:45:00'`,
    `${dateObs}\nTELAPSE = 31.2`,
  ];
  for (const text of agreeing) assert.deepEqual(middleOf(text), ['2024-03-05T21:30:15.000Z', 'good', ''], text);
  const alone = resolve('JD      = 2460375.395833333\nEXPTIME = 30');
  const confirmed = resolve('JD      = 2460375.395833333\nMJD-END = 60374.896180556\nEXPTIME = 30');
  assert.deepEqual([alone.midUtc?.confidence, confirmed.midUtc?.confidence], ['medium', 'high']);
});

test('a site that keeps UTC on its computers says so, and DATE-LOC is no contradiction', () => {
  const text = `${dateObs}\nDATE-LOC= '2024-03-05T21:30:00.000'\nSITELONG= -110.0\nEXPTIME = 30`;
  assert.equal(resolve(text).time.verdict, 'doubtful');
  assert.equal(resolve(text, { values: { timeScale: 'UTC' } }).time.verdict, 'good');
});

test('an exposure time is read with its unit, from value, comment or keyword', () => {
  const cards = [
    'EXPTIME = 30.0',
    'EXP     = 30.0 / [s] Sub Exposure Time',
    'EXPOSURE= 0.5 / Exposure time minutes',
    'EXPOSURE= 0.5 / [min]',
    'EXPOSURE= 0.5 / Exposure, min.',
    'EXPOSURE= 30000 / Exposure time ms',
    'EXPOSURE= 30000 / unit: ms',
    'EXPDUR  = 30000000 / exposure us',
    'EXPTIME = 30000.0 / Exposure time in ms',
    'EXPTIME = 30000.0 / (milliseconds)',
    'EXPOSURE= 30000000 / exposure [us]',
    'EXPOINUS= 30000000',
    'EXPOINMS= 30000',
    'EXPTIME = 3000 / [1/100 s]',
    'EXPTIME = 3000 / exposure in hundredths of a second',
    'EXPTIME = 0.00833333333 / hours',
    "EXPTIME = '30 s'",
    "EXPTIME = '30,0'",
    "EXPTIME = '0.5 min'",
    "EXPTIME = '00:00:30'",
    'TELAPSE = 30.0',
    'EXPTIME = 30 / maximum of 60 minutes in [sec]',
    'EXPTIME = 0.0\nEXPOSURE= 30.0',
  ];
  for (const text of cards) {
    assert.equal(resolve(`${dateObs}\n${text}`).exposureS?.value.toFixed(4), '30.0000', text);
  }
  const { exposureS } = resolve(`${dateObs}\nDATE-END= '2024-03-05T21:30:30'`);
  assert.deepEqual(exposureS, { value: 30, card: 'DATE-OBS, DATE-END', confidence: 'low' });
});

test('an exposure longer than a day is of a unit that nobody told', () => {
  const { exposureS, warnings } = resolve(`${dateObs}\nEXPOSURE= 30000000`);
  assert.equal(exposureS, undefined);
  assert.match(warnings.join(), /EXPOSURE = 30000000 was found and not understood/);
});

test('zero is no exposure time of a light frame, but of a bias', () => {
  const light = resolve(`${dateObs}\nIMAGETYP= 'LIGHT'\nEXPTIME = 0.0`);
  assert.equal(light.exposureS, undefined);
  assert.match(light.warnings.join(), /EXPTIME is zero/);
  assert.notEqual(light.time.verdict, 'good');
  assert.equal(resolve(`${dateObs}\nIMAGETYP= 'BIAS'\nEXPTIME = 0.0`).exposureS?.value, 0);
});
