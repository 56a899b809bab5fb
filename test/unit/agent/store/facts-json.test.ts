import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { factsOfJson } from '../../../../agent/store/facts-json.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';

/** Of a camera with a colour filter array, whose header tells much. */
function facts() {
  const lines = [
    "IMAGETYP= 'Light Frame'",
    "OBJECT  = 'HAT-P-32'",
    "FILTER  = 'V'",
    "INSTRUME= 'Camera'",
    "TELESCOP= 'T'",
    "SWCREATE= 'N.I.N.A. 3.1'",
    "DATE-OBS= '2026-03-01T22:15:00.000'",
    ...[
      'EXPTIME = 60',
      'GAIN    = 100',
      'OFFSET  = 30',
      'EGAIN   = 0.8',
      'RDNOISE = 1.5',
      'XBINNING= 1',
      'YBINNING= 1',
    ],
    ...['XPIXSZ  = 3.76', 'CCD-TEMP= -10', 'SET-TEMP= -10', "BAYERPAT= 'RGGB'", "READOUTM= 'HCG'", 'RA      = 31.04'],
    ...['DEC     = 46.69', 'SITELAT = 50', 'SITELONG= 19.8', 'SITEELEV= 300', 'FOCALLEN= 1000', 'AIRMASS = 1.2'],
    ...["BIASSEC = '[1:10,1:40]'", "TRIMSEC = '[11:48,1:40]'", 'PEDESTAL= 100', 'SATURATE= 60000'],
  ];
  const size = { width: 48, height: 40, bitpix: 16 as const, nPlanes: 1 };
  return resolveHeader(headerFromText(lines.join('\n')), dialectTable, undefined, size);
}

describe('the facts of a frame in the ledger', () => {
  it('are read back as they were written', () => {
    const written = facts();
    assert.ok(written.bayer && written.midUtc && written.gainEPerAdu && written.trimSection, 'the header tells much');
    assert.deepEqual(
      JSON.stringify(factsOfJson(JSON.stringify(written)), keysOf(written)),
      JSON.stringify(written, keysOf(written)),
    );
  });

  it('are none where a later or a damaged program wrote what cannot be read', () => {
    const json = JSON.stringify(facts());
    assert.equal(factsOfJson(null), null);
    assert.equal(factsOfJson('{'), null);
    assert.equal(factsOfJson(json.replace('"light"', '"spectrum"')), null);
    assert.notEqual(factsOfJson(json.replace('{', '{"addedLater":1,')), null);
  });
});

/** All keys at any depth, sorted: the order of keys says nothing. */
function keysOf(value: unknown): string[] {
  const keys = new Set<string>();
  JSON.stringify(value, (key, inner) => {
    keys.add(key);
    return inner;
  });
  return [...keys].sort();
}
