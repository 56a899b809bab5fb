import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { instrumentalCatalogue } from '../../../../agent/centres/bhtom2/instrumental-catalogue.ts';
import type { PhotometryParcel, TargetMeasurement } from '../../../../protocol/photometry.ts';
import { withPython } from '../../../support/outside.ts';
import { photometry } from '../../../support/parcels.ts';

const target: TargetMeasurement = {
  ...{ name: 'Gaia20fnr', raDeg: 10.5, decDeg: -20.25, x: 51, y: 52, bjdTdb: null },
  ...{ flux: 3000, fluxErr: 30, flags: 0, verdict: 'detected' },
};
const sources = {
  x: [10, 20, 51.01, 40, 50],
  y: [11, 21, 52.02, 41, 51],
  ra: [10.4, 10.45, 10.5001, 10.6, 10.7],
  dec: [-20.2, -20.3, -20.25, -20.4, -20.1],
  // The third is the target, the fourth too uncertain, the fifth saturated: without a flux.
  flux: [30_000, 300, 3000, 10, null],
  flux_err: [100, 60, 30, 20, null],
  flags: [0, 2 + 256, 0, 0, 4],
};
const parcel = (changes: Partial<PhotometryParcel> = {}): PhotometryParcel => photometry('a', { sources, ...changes });

interface Made {
  readonly text: string;
  readonly nStars: number;
}

describe('instrumental photometry for BHTOM', () => {
  it('holds the stars that tell something, the target by its number', () => {
    const { text, nStars } = instrumentalCatalogue(parcel(), target) as Made;
    const rows = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.trim().split(/\s+/));
    assert.equal(nStars, 2);
    assert.deepEqual(
      rows.map(([number]) => number),
      ['999999', '1', '2'],
    );
    const [own, , faint] = rows;
    // 25 - 2.5 log10(3000 e- / 30 s), and 1.0857 / 100.
    assert.deepEqual(own!.slice(1), ['10.5000000', '-20.2500000', '51.000', '52.000', '20.0000', '0.0109', '0']);
    assert.equal(faint!.at(-1), '2');
  });

  it('leaves the target out where it was not detected: the server makes the limit', () => {
    const { text } = instrumentalCatalogue(parcel(), { ...target, verdict: 'limit' }) as Made;
    assert.doesNotMatch(text, /999999/);
  });

  it('says why a frame cannot be given so', () => {
    assert.match(instrumentalCatalogue(photometry('a'), target) as string, /not located/);
    const { ra: _, ...unlocated } = sources;
    assert.match(instrumentalCatalogue(parcel({ sources: unlocated }), target) as string, /not located/);
    const { frame } = parcel();
    assert.match(instrumentalCatalogue(parcel({ frame: { ...frame, exposureS: null } }), target) as string, /exposure/);
    const alone = { ...sources, flux: [null, null, 3000, null, null] };
    assert.match(instrumentalCatalogue(parcel({ sources: alone }), target) as string, /no star but the target/);
  });

  it('has no comment that reads as a column', () => {
    const { text } = instrumentalCatalogue(parcel(), target) as Made;
    const numbered = text.split('\n').filter((line) => /^#\s*\d/.test(line));
    assert.equal(numbered.length, 8);
  });

  it('is read by astropy as what it is', withPython('astropy'), () => {
    const { text } = instrumentalCatalogue(parcel(), target) as Made;
    const program = [
      'import sys, json',
      'from astropy.io import ascii',
      't = ascii.read(sys.stdin.read(), format="sextractor")',
      'print(json.dumps([t.colnames, [float(v) for v in t[0]]]))',
    ].join('\n');
    const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], { input: text, encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout || `"${stderr}"`), [
      ['NUMBER', 'ALPHA_J2000', 'DELTA_J2000', 'XWIN_IMAGE', 'YWIN_IMAGE', 'MAG_AUTO', 'MAGERR_AUTO', 'FLAGS'],
      [999_999, 10.5, -20.25, 51, 52, 20, 0.0109, 0],
    ]);
  });
});
