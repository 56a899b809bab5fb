import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aavsoReport } from '../../../../agent/exports/aavso.ts';
import { adesPsv } from '../../../../agent/exports/ades.ts';
import { bhtomCsv } from '../../../../agent/exports/bhtom-csv.ts';
import { measuredPlace } from '../../../../agent/exports/measured-place.ts';
import { exportPointOf } from '../../../../agent/exports/point.ts';
import { skyPortalPhotometry } from '../../../../agent/exports/skyportal.ts';
import { tomCsv } from '../../../../agent/exports/tom-csv.ts';
import { Random } from '../../../../base/random.ts';
import { filters } from '../../../../config/filters.ts';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import { readAavso } from '../../../support/aavso-reader.ts';
import { bandNamed, limitOf17 as limit, pointOf, recordedPoint as recorded } from '../../../support/export-points.ts';

describe('what may leave the house', () => {
  it('is a magnitude, or a limit where there is none', () => {
    assert.deepEqual(pointOf().brightness, { kind: 'detected', mag: 11.2345, magErr: 0.0123 });
    assert.deepEqual(pointOf(limit).brightness, { kind: 'limit', mag: 17.5 });
  });

  for (const [what, changes, reason] of [
    ['without a time', { mjdMid: null }, /when/],
    ['without an exposure', { exposureS: null }, /when/],
    [
      'whose time is doubtful',
      { timeVerdict: 'doubtful', timeReasons: ['DATE-OBS against JD'] },
      /doubtful: DATE-OBS against JD/,
    ],
    ['without a band', { band: undefined }, /band/],
    ['without a number', { mag: null, magErr: null }, /neither/],
  ] as const) {
    it(`is no point ${what}`, () => {
      const refused = exportPointOf({ ...recorded, ...changes });
      assert.equal(typeof refused, 'string');
      assert.match(refused as string, reason);
    });
  }
});

describe('a report to the AAVSO', () => {
  it('says mid-exposure as JD, a limit with its sign, filters by their codes', () => {
    const points = [pointOf(), pointOf({ ...limit, band: bandNamed('r') }), pointOf({ plane: 'G1' })];
    const { text, leftOut } = aavsoReport(points, 'ABC', 'bhtom-edge 1.0');
    assert.deepEqual(readAavso(text), [
      { name: 'SS Cyg', date: 2_460_000.75, mag: 11.235, isLimit: false, error: 0.012, filter: 'V' },
      { name: 'SS Cyg', date: 2_460_000.75, mag: 17.5, isLimit: true, error: undefined, filter: 'SR' },
    ]);
    assert.match(leftOut[0]!.reason, /DSLR needs one of its own/);
  });

  it('gives colour planes the codes of their colours, each only against its band', () => {
    const { text, leftOut } = aavsoReport([pointOf({ plane: 'G1' }), pointOf({ plane: 'R' })], 'ABC', 'x');
    assert.match(text, /#OBSTYPE=DSLR/);
    assert.deepEqual(
      readAavso(text).map(({ filter }) => filter),
      ['TG'],
    );
    assert.equal(leftOut.length, 1);
  });

  it('leaves out what it has no place for, with the reason', () => {
    const points = [pointOf({ band: bandNamed('G') }), pointOf({ target: 'x'.repeat(31) }), pointOf({ target: ' ' })];
    const { text, leftOut } = aavsoReport(points, 'ABC', 'x');
    assert.deepEqual(readAavso(text), []);
    assert.deepEqual(
      leftOut.map(({ reason }) => reason.slice(0, 22)),
      ['the format has no code', 'its name is empty or l', 'its name is empty or l'],
    );
  });

  it('passes a strict reader with ten thousand rows of every kind', () => {
    const random = new Random(11);
    const names = ['Gaia20fnr', 'V404 Cyg, the "black" #hole', 'Mößbauer ☄', 'AT 2024abc'];
    const points = Array.from({ length: 10_000 }, () =>
      pointOf({
        target: names[Math.floor(random.uniform() * names.length)]!,
        mjdMid: 50_000 + 20_000 * random.uniform(),
        airmass: random.uniform() < 0.2 ? undefined : 1 + 30 * random.uniform(),
        band: bandNamed('UBVRIugriz'[Math.floor(random.uniform() * 10)]!),
        ...(random.uniform() < 0.3
          ? { ...limit, limit: 22 * random.uniform() }
          : { mag: -2 + 24 * random.uniform(), magErr: 10 ** (-6 + 8 * random.uniform()) }),
      }),
    );
    const { text, leftOut } = aavsoReport(points, 'ABC', `ünïcode, #software ${'x'.repeat(300)}`);
    assert.equal(leftOut.length, 0);
    const read = readAavso(text);
    assert.equal(read.length, points.length);
    read.forEach(({ date, mag, isLimit }, i) => {
      const { mjdMid, brightness } = points[i]!;
      assert.ok(Math.abs(date - 2_400_000.5 - mjdMid) < 6e-6);
      assert.ok(Math.abs(mag - brightness.mag) < 6e-4);
      assert.equal(isLimit, brightness.kind === 'limit');
    });
  });
});

describe('the tables of other centres', () => {
  const points = [pointOf(), pointOf(limit)];

  it('say limits by a negative error for BHTOM', () => {
    assert.equal(
      bhtomCsv(points),
      'time,filter,magnitude,error\n60000.250000,GaiaSP/V,11.2345,0.0123\n60000.250000,GaiaSP/V,17.5000,-1\n',
    );
  });

  it('say limits in a column of their own for the TOM Toolkit', () => {
    const [, detected, fainter] = tomCsv(points).split('\n');
    assert.equal(detected, '60000.250000,GaiaSP/V,11.2345,0.0123,,hill main');
    assert.equal(fainter, '60000.250000,GaiaSP/V,,,17.5000,hill main');
  });

  it('say system and band by the names of SkyPortal, and tell exposures apart', () => {
    const { mag, limiting_mag, magsys, filter, origin } = skyPortalPhotometry('Gaia20fnr', 7, [
      ...points,
      pointOf({ band: bandNamed('r') }),
    ]);
    assert.deepEqual(
      [mag, limiting_mag],
      [
        [11.2345, null, 11.2345],
        [null, 17.5, null],
      ],
    );
    assert.deepEqual(
      [magsys, filter],
      [
        ['vega', 'vega', 'ab'],
        ['bessellv', 'bessellv', 'sdssr'],
      ],
    );
    assert.match(origin[0]!, /^hill\/main\/(ab)+\/mono$/);
    assert.ok(filters.bands.every((band) => skyPortalPhotometry('x', 1, [pointOf({ band })]).filter[0] !== undefined));
  });
});

describe('observations for the Minor Planet Center', () => {
  const observatory = { station: 'L01', submitter: 'A. K.', apertureM: 0.4, detector: 'CCD', astCat: 'Gaia2' } as const;
  const measured = { raDeg: 10, decDeg: -20, snr: 30 };
  const named = (target: string, mjdMid = 60_000.25) => ({ ...pointOf({ target, mjdMid }), measured });

  it('know numbers, designations and temporary names, and no others', () => {
    const names = ['433', '(433) Eros', '29P/Schwassmann', '2026 AB12', 'C/2023 A3', 'X1abc_2', 'SS Cyg itself', ''];
    const { content, leftOut } = adesPsv(
      names.map((name, i) => named(name, 60_000 + i)),
      observatory,
    );
    const rows = String(content).split('\n').slice(-7, -1);
    assert.deepEqual(
      rows.map((row) => row.split('|').slice(0, 3).join('|')),
      ['433||', '433||', '29P||', '|2026 AB12|', '|C/2023 A3|', '||X1abc_2'],
    );
    assert.deepEqual(
      leftOut.map(({ point }) => point.target),
      ['SS Cyg itself', ''],
    );
  });

  it('hold one place a moment, that of the measurement that stands out most', () => {
    const better = { ...named('433'), measured: { ...measured, raDeg: 11, snr: 40 } };
    const { content, leftOut } = adesPsv([named('433'), better, named('433')], observatory);
    assert.match(String(content), /\|11\.000000\|/);
    assert.equal(leftOut.length, 2);
  });

  it('find a source only within a FWHM of the prediction, and none that something spoils', () => {
    const columns = { x: [10, 20], y: [10, 20], ra: [1, 2], dec: [3, 4], flux: [100, 200], flux_err: [10, 10] };
    const at = (x: number, y: number, flags: number[]) => measuredPlace({ x, y }, 3, { ...columns, flags });
    assert.deepEqual(at(21, 21, [0, 0]), { raDeg: 2, decDeg: 4, snr: 20 });
    assert.equal(at(24, 20, [0, 0]), undefined);
    assert.equal(at(21, 21, [0, SourceFlag.saturated]), undefined);
  });
});
