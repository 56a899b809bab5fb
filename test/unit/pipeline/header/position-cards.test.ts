import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import type { HeaderOverrides } from '../../../../pipeline/header/dialect.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';

const resolve = (text: string, overrides: HeaderOverrides = {}) =>
  resolveHeader(headerFromText(text), dialectTable, overrides);
const fixed = (value: number | undefined) => value?.toFixed(3);

test('a longitude is counted as its comment, its text or its program counts it', () => {
  const west = [
    'SITELONG= -122.509',
    'SITELONG= 122.509 / degrees west',
    'SITELONG= 122.509 / [deg W] site longitude',
    'SITELONG= 122.509 / Longitude (West)',
    'SITELONG= 122.509 / W longitude',
    'SITELONG= 122.509 / longitude, West positive',
    'SITELONG= 122.509 / [deg +W]',
    'SITELONG= 122.509 / (E negative)',
    'SITELONG= -122.509 / longitude in degrees, negative west',
    'SITELONG= -122.509 / [deg +E WGS84] Geodetic longitude',
    'SITELONG= -122.509 / degrees, east is positive',
    'SITELONG= -122.509 / [degrees east]',
    'SITELONG= -122.509 / deg West',
    'SITELONG= 237.491 / degrees east',
    'SITELONG= -8.1672667 / [h] east',
    "SITELONG= '122 30 32.4 W'",
    "SITELONG= 'W122:30:32.4'",
    "LONGITUD= '122:30:32.4' / West longitude",
    'OBSGEO-L= -122.509',
    'OBSGEO-X= -2689131.0\nOBSGEO-Y= -4219740.0\nOBSGEO-Z= 3943290.0',
    "SWCREATE= 'TheSkyX Version 10.5'\nSITELONG= '+122 30 32.4'",
    "SWCREATE= 'TheSkyX Version 10.5'\nSITELONG= '+122 30 32.4'\nOBSGEO-L= -122.509",
    "SWCREATE= 'TheSkyX Version 10.5'\nSITELONG= -122.509 / east positive",
  ];
  for (const text of west) {
    const { siteLonDeg, warnings } = resolve(text);
    assert.ok(Math.abs(siteLonDeg!.value + 122.509) < 0.01, `${text}: ${siteLonDeg?.value}`);
    assert.deepEqual(warnings, [], text);
  }
});

test('places that contradict each other are told with both cards, the one whose sign is told is taken', () => {
  const mirrored = resolve('SITELONG= 122.509\nOBSGEO-L= -122.509');
  assert.equal(mirrored.siteLonDeg?.value, -122.509);
  assert.match(mirrored.warnings.join(), /SITELONG = 122.509 contradicts OBSGEO-L = -122.509.*west/);
  const moved = resolve('SITELONG= -96.45\nLONG-OBS= -98.45\nSITELAT = 46.9\nLAT-OBS = 44.0');
  assert.equal(moved.siteLonDeg?.confidence, 'low');
  assert.match(moved.warnings.join(), /LONG-OBS = -98.45 contradicts SITELONG = -96.45.*2.0 deg/);
  assert.match(moved.warnings.join(), /LAT-OBS = 44 contradicts SITELAT = 46.9/);
  assert.equal(resolve('SITELAT = 33.0 / degrees south').siteLatDeg?.value, -33);
});

test('a height is read in its unit', () => {
  for (const text of ['389.0', '389 / metres', '0.389 / [km]', '1276.2467 / feet', '1276.2467 / [ft]', "'389 m'"]) {
    assert.equal(resolve(`SITEELEV= ${text}`).siteHeightM?.value.toFixed(1), '389.0', text);
  }
});

test('a position is read in the unit of comment, keyword or text, from cards that belong together', () => {
  const dec = 'DEC     = 22.5';
  const same = [
    `RA      = 150.25\n${dec}`,
    `RA      = 10.0166666667 / [hours] right ascension\n${dec}`,
    `RA      = 10.0166666667 / [h] Observe object RA coordinate (J2000)\n${dec}`,
    `RA      = 10.0166666667 / RA in decimal hours\n${dec}`,
    `RA      = 10.0166666667 / Right ascension (hrs)\n${dec}`,
    `RA      = 2.62235720308 / [rad]\nDEC     = 0.3926990817 / [rad]`,
    `RA      = 150.25 / [deg] 10:01:00.0 RA (J2000) pointing\n${dec}`,
    "RA      = '10 01 00'\nDEC     = '+22 30 00'",
    "RA      = '10h01m00s' / hms\nDEC     = '22d30m00s'",
    "RA      = '10:01:00.0'\nDEC     = 22.5",
    "RA      = '150:15:00'\nDEC     = '22:30:00'",
    "OBJCTRA = '10 01 00'\nOBJCTDEC= '+22 30 00'",
    'OBJCTRA = 150.25\nOBJCTDEC= 22.5',
    'POINTRA = 10.0166666667\nPOINTDEC= 22.5',
    'POINTRA = 150.25\nPOINTDEC= 22.5',
    'TELRA   = 10.0166666667\nTELDEC  = 22.5',
    'RA_OBS  = 150.25 / ra in degrees\nDEC_OBS = 22.5',
    'RAJ2000 = 150.25\nDEJ2000 = 22.5',
    'RA_DEG  = 150.25\nDEC_DEG = 22.5',
    "CRVAL1  = 0.0\nCRVAL2  = 0.0\nOBJCTRA = '10 01 00'\nOBJCTDEC= '+22 30 00'",
    "CRVAL1  = 12.0\nCRVAL2  = 13.0\nOBJCTRA = '10 01 00'\nOBJCTDEC= '+22 30 00'",
    "RA      = 10.0166666667\nDEC     = 22.5\nOBJCTRA = '10 01 00'\nOBJCTDEC= '+22 30 00'",
    "RA      = 77.0\nOBJCTDEC= '-10 00 00'\nTELRA   = '10 01 00'\nTELDEC  = '22 30 00'",
    "CTYPE1  = 'RA---TAN'\nCRVAL1  = 150.25\nCRVAL2  = 22.5",
    'RA-MNT  = 150.25 / Degrees\nDEC-MNT = 22.5 / Degrees\nRA-RATE = 1.0\nDEC-RATE= 0.5',
    "MOONRA  = '05 00 00'\nMOONDEC = '10 00 00'\nOBJRA   = '10 01 00'\nOBJDEC  = '22 30 00'",
    "RA      = '0'\nDEC     = '0'\nOBJCTRA = '10 01 00'\nOBJCTDEC= '+22 30 00'",
  ];
  for (const text of same) {
    const { raDeg, decDeg } = resolve(text);
    assert.deepEqual([fixed(raDeg?.value), fixed(decDeg?.value)], ['150.250', '22.500'], text);
  }
});

test('no position is made of the right ascension of one card and the declination of another', () => {
  for (const text of [
    "RA      = 150.25\nOBJCTDEC= '+22 30 00'",
    "OBJCTRA = '10 01 00'\nTELDEC  = 22.5",
    'CRVAL1  = 150.25\nDEC     = 22.5',
    "RA      = 150.25\nCTYPE1  = 'RA---TAN'\nCRVAL2  = 22.5",
  ]) {
    const { raDeg, decDeg } = resolve(text);
    assert.deepEqual([raDeg, decDeg], [undefined, undefined], text);
  }
  const ownKeywords = { keywords: { raDeg: ['ALPHA'], decDeg: ['DELTA'] } };
  assert.equal(resolve('ALPHA   = 150.25\nDELTA   = 22.5', ownKeywords).decDeg?.value, 22.5);
});

test('positions that contradict each other are doubtful, told, and kept to be tried', () => {
  const facts = resolve("RA      = 80.5\nDEC     = 22.5\nOBJCTRA = '10 01 00'\nOBJCTDEC= '+22 30 00'");
  assert.equal(facts.raDeg?.confidence, 'low');
  assert.match(facts.warnings.join(), /OBJCTRA = '10 01 00'.*contradict RA = 80.5/);
  assert.deepEqual(facts.otherPositions, [{ raDeg: 150.25, decDeg: 22.5, cards: 'OBJCTRA and OBJCTDEC' }]);
  const bare = resolve('RA      = 10.0\nDEC     = 22.5');
  assert.deepEqual([bare.raDeg?.value, bare.raDeg?.confidence], [10, 'medium']);
  assert.deepEqual(bare.otherPositions, [{ raDeg: 150, decDeg: 22.5, cards: 'RA and DEC' }], 'it may be hours');
  assert.deepEqual(bare.warnings, []);
});

test('what was found and not understood is told with its card', () => {
  const { warnings } = resolve(
    "EXPTIME = 'long'\nRA      = 'East'\nSITELONG= 'home'\nCCD-TEMP= 'cold'\nBINNING = 'high'\nDATE-OBS= 'May'\nGAIN    = 'HCG'",
  );
  for (const card of ['EXPTIME', 'RA', 'SITELONG', 'CCD-TEMP', 'BINNING', 'DATE-OBS', 'GAIN']) {
    assert.ok(
      warnings.some((text) => text.startsWith(`${card} = '`) && text.includes('not understood')),
      card,
    );
  }
  assert.deepEqual(resolve("FOCALLEN= 0\nFILTER  = 'V'\nCCD-TEMP= 'N/A'\nUTC     = '21:30:00'").warnings, []);
});
