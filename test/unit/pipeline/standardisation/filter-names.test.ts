import assert from 'node:assert/strict';
import test from 'node:test';
import { filters } from '../../../../config/filters.ts';
import { bandOfFilter, unknownFilter, withTaughtNames } from '../../../../pipeline/standardisation/bands.ts';

test('filter names of sites, makers and languages are understood by their words', () => {
  const table: Record<string, string | undefined> = {
    g_band: 'g',
    r_band: 'r',
    'i-band': 'i',
    Green: 'V',
    'Photometric V': 'V',
    'Photometric B': 'B',
    "SDSS-g'": 'g',
    'SDSS r': 'r',
    'Sloan i2': undefined,
    "g'": 'g',
    gp: 'g',
    'Bessel V': 'V',
    'Bessell-R': 'R',
    'V (Johnson)': 'V',
    'Baader R': 'R',
    'Baader SLOAN g': 'g',
    'Astrodon Photometric Sloan r': 'r',
    'Johnson-Cousins I': 'I',
    'Filtre V': 'V',
    Vert: 'V',
    Rouge: 'R',
    Grün: 'V',
    Blau: 'B',
    rojo: 'R',
    Niebieski: 'B',
    Klar: 'G',
    Luminanz: 'G',
    'Clear + V': 'V',
    'air,rp': 'r',
    'B + V': undefined,
    Ha: undefined,
    OIII: undefined,
    'L-eXtreme': undefined,
    'V 50mm': 'V',
    X: undefined,
    '': undefined,
  };
  for (const [name, band] of Object.entries(table)) {
    assert.equal(bandOfFilter(filters, name)?.band.name, band, name);
  }
});

test('a letter that makers of imaging filters use, too, stands for its band only loosely', () => {
  assert.equal(bandOfFilter(filters, 'Baader R')?.sure, false);
  assert.equal(bandOfFilter(filters, 'Rouge')?.sure, false);
  assert.equal(bandOfFilter(filters, 'Bessell R')?.sure, true);
  assert.equal(bandOfFilter(filters, 'R')?.sure, true);
});

test('a site teaches its own names, known ones too; what nobody knows is told', () => {
  const taught = withTaughtNames(filters, { 'Wheel place 3': 'r', Ha: 'none', Green: 'g', 'B + V': 'G' });
  const table: Record<string, string | undefined> = {
    'Wheel place 3': 'r',
    ' WHEEL PLACE 3': 'r',
    Ha: undefined,
    Green: 'g',
    'B + V': 'G',
    Red: 'R',
  };
  for (const [name, band] of Object.entries(table)) {
    assert.equal(bandOfFilter(taught, name)?.band.name, band, name);
    assert.equal(unknownFilter(taught, name), undefined, name);
  }
  for (const name of ['Wheel place 4', 'OIII', 'constructor'])
    assert.match(unknownFilter(taught, name) ?? '', /no known band/);
  assert.match(unknownFilter(filters, 'Wheel place 3') ?? '', /"Wheel place 3"/);
});
