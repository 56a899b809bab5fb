import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { factsKey } from '../../../../agent/intake/facts-key.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';

const cards = [
  "IMAGETYP= 'Light Frame'",
  "OBJECT  = 'HAT-P-32'",
  "DATE-OBS= '2026-03-01T22:15:00.000'",
  'EXPTIME =                 60.0',
  "FILTER  = 'V'",
];
const keyOf = (...lines: string[]) => factsKey(resolveHeader(headerFromText(lines.join('\n')), dialectTable));

describe('the key of the facts', () => {
  it('stays when a solver writes its solution', () => {
    const solved = [
      "CTYPE1  = 'RA---TAN'",
      'CRVAL1  = 31.04',
      'RA      = 31.04',
      'DEC     = 46.69',
      'FOCALLEN= 500.3',
      'PLTSOLVD=                    T',
    ];
    assert.equal(keyOf(...cards, ...solved), keyOf(...cards));
  });

  it('stays when the same value stands in another card', () => {
    assert.equal(keyOf(...cards.map((card) => card.replace('EXPTIME ', 'EXPOSURE'))), keyOf(...cards));
  });

  for (const [name, from, to] of [
    ['filter', "'V'", "'R'"],
    ['exposure time', '60.0', '61.0'],
    ['start', '22:15', '22:16'],
    ['kind', 'Light', 'Flat'],
    ['object', 'HAT-P-32', 'HAT-P-33'],
  ] as const) {
    it(`changes with the ${name}`, () => {
      assert.notEqual(keyOf(...cards.map((card) => card.replace(from, to))), keyOf(...cards));
    });
  }

  it('changes with the request the frame answers', () => {
    assert.notEqual(keyOf(...cards, "REQID   = 'r1'"), keyOf(...cards));
  });
});
