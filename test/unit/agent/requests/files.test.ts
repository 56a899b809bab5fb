import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rowsOfCsv } from '../../../../agent/requests/files/csv.ts';
import { readRequests } from '../../../../agent/requests/files/read.ts';

const nowMs = Date.UTC(2026, 11, 1);
const read = (text: string, name = 'list.yaml', defaults = {}) => readRequests(text, name, defaults, nowMs);

/** As BHTOM sends it to a telescope. */
const mail = `Subject: OBS

[STARTSUHORAOB]
# Target data
[TARGET]
TargetCategory: NotClassifiedSource
# no spaces are allowed in name
TargetName: Gaia20_fnr
RA: 83.633
DEC: -22.0145   # J2000
Equinox: 2000.0

[SOAB_ZWO-ASI294MC-Pro]
OptFlag: 1
Exptime: 120
OptNInt: 3
[DATA]
PropId: 7
PassWd: hush
MinAirmass: 0.0
MaxAirmass: 2.2
MinJD: 2461376.5
MaxJD: 2461386.5
StrictJD: 0.
MaxMoonFraction: 1.0
PeriodicalTarget: 1
Period: 2.5
Priority: 2
[ENDSUHORAOB]
`;

describe('a file of requests', () => {
  it('is a list in YAML, positions and names as people write them', () => {
    const [one, two] = read(`
requests:
  - { name: Gaia20fnr, ra: "05:34:31.9", dec: "-22:00:52", filters: "V, R", exposure_s: 60, count: 2, priority: 80 }
  - name: SN 2026abc
    RA: 83.5
    Dec: 22
    filter: g
    Exptime: 30
    start: 2026-12-24
    end: 2026-12-25T06:00
    type: rapid_response
    max_airmass: 1.8
`);
    assert.deepEqual(one!.instrumentConfigs, [
      { filter: 'V', exposureS: 60, exposureCount: 2, binning: 1 },
      { filter: 'R', exposureS: 60, exposureCount: 2, binning: 1 },
    ]);
    assert.ok(Math.abs(one!.target.raDeg - 83.632917) < 1e-5 && Math.abs(one!.target.decDeg + 22.014444) < 1e-5);
    assert.deepEqual(one!.windows, [{ start: '2026-12-01T00:00:00.000Z', end: '2026-12-31T00:00:00.000Z' }]);
    assert.equal(one!.priority, 80);
    assert.deepEqual(two!.windows, [{ start: '2026-12-24T00:00:00.000Z', end: '2026-12-25T06:00:00.000Z' }]);
    assert.deepEqual([two!.observationType, two!.constraints.maxAirmass], ['RAPID_RESPONSE', 1.8]);
  });

  it('is JSON of one request, or a CSV table', () => {
    assert.equal(read('{"name":"x","ra":1,"dec":2,"filter":"V","exposure":10}', 'one.json').length, 1);
    const rows = read(
      '# mine\nName;RA;Dec;Filter;Exposure;Count\n"Gaia; ""x""";10.5;-5;V;30;4\n\nb;11;5;R;10;\n',
      'list.csv',
    );
    assert.deepEqual(
      rows.map(({ name, instrumentConfigs }) => [name, instrumentConfigs[0]!.exposureCount]),
      [
        ['Gaia; "x"', 4],
        ['b', 1],
      ],
    );
  });

  it('is a mail with an observing block, a request each time of its period', () => {
    const requests = read(mail, 'mail.txt', { filter: 'V' });
    assert.deepEqual(
      requests.map(({ windows }) => windows[0]!.start.slice(0, 13)),
      ['2026-12-02T00', '2026-12-04T12', '2026-12-07T00', '2026-12-09T12'],
    );
    const { name, target, instrumentConfigs, constraints, priority } = requests[0]!;
    assert.deepEqual([name, target.raDeg, target.decDeg, priority], ['Gaia20 fnr', 83.633, -22.0145, 80]);
    assert.deepEqual(instrumentConfigs, [{ filter: 'V', exposureS: 120, exposureCount: 3, binning: 1 }]);
    assert.equal(constraints.maxAirmass, 2.2);
    assert.doesNotMatch(JSON.stringify(requests), /hush/);
    const quoted = mail.replace(/^/gm, '> ');
    assert.deepEqual(
      read(quoted, 'answer.txt', { filter: 'V' }).map(({ id }) => id),
      requests.map(({ id }) => id),
    );
  });

  it('asks for the filter that a block does not name', () => {
    assert.throws(() => read(mail, 'mail.txt'), {
      code: 'REQUEST_FILE',
      message: /request 1 \(Gaia20 fnr\): filter: .*--filter/,
    });
  });

  it('gives the same request the same id, and another one another', () => {
    const idOf = (count: number) => read(`{name: x, ra: 1, dec: 2, filter: V, exposure: 10, count: ${count}}`)[0]!.id;
    assert.equal(idOf(1), idOf(1));
    assert.notEqual(idOf(1), idOf(2));
  });

  it('is taken whole or not at all, with all that is wrong told by name', () => {
    const faults = (text: string) => {
      try {
        read(text);
      } catch (error) {
        return (error as Error).message;
      }
      return assert.fail('it was taken');
    };
    const told = faults(`
- { name: good, ra: 1, dec: 2, filter: V, exposure: 10 }
- { name: far, ra: 400, dec: 2, filter: V, exposure: 10 }
- { name: late, ra: 1, dec: 2, filter: V, exposure: 10, start: 2026-12-09, end: 2026-12-08 }
- { name: odd, ra: 1, dec: 2, filter: V, exposure: 10, colour: red }
- { ra: 1, dec: 2, filter: V, exposure: ten }
- { name: often, ra: 1, dec: 2, filter: V, exposure: 10, every_days: 0.00001 }
- { name: old, ra: 1, dec: 2, filter: V, exposure: 10, end: 275760-09-13 }
- nothing
`);
    for (const words of [
      /request 2 \(far\): ra and dec: "400"/,
      /request 3 \(late\): end: it is not after/,
      /request 4 \(odd\): there is no such key: colour/,
      /request 5: name: must be given/,
      /request 5: exposures: /,
      /request 6 \(often\): every_days: that is \d+ requests/,
      /request 7 \(old\): end: a date/,
      /request 8: name: must be given/,
    ])
      assert.match(told, words);
    assert.doesNotMatch(told, /good/);
    for (const empty of ['', '[]', 'requests: []']) assert.match(faults(empty), /no request in it/);
    assert.match(faults('{ name: x, ra: ['), /neither YAML/);
  });
});

describe('a CSV text', () => {
  it('has quoted fields with dividers, quotes and line ends in them', () => {
    assert.deepEqual(rowsOfCsv('\uFEFFa,b\r\n"1,""2""\n3", x \r\n'), [{ a: '1,"2"\n3', b: 'x' }]);
  });
});
