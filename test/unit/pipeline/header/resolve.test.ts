import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import type { HeaderOverrides } from '../../../../pipeline/header/dialect.ts';
import { type FrameContext, resolveHeader } from '../../../../pipeline/header/resolve.ts';
import { isoOfMjd } from '../../../../pipeline/time/mjd.ts';

const resolve = (text: string, overrides: HeaderOverrides = {}, context: FrameContext = {}) =>
  resolveHeader(headerFromText(text), dialectTable, overrides, context);
const start = `DATE-OBS= '2026-03-01T22:15:00.000' / UTC
EXPTIME =                 60.0
`;

test('every fact carries the card that won, the dialect is named', () => {
  const facts = resolve(`SWCREATE= 'N.I.N.A. 3.1.2.9001'
IMAGETYP= 'LIGHT'
EXPOSURE=                 30.0
EXPTIME =                 30.0
DATE-OBS= '2026-03-02T20:19:00.455'
DATE-AVG= '2026-03-02T20:19:15.460'
FILTER  = 'Red'
GAIN    =                  120
OFFSET  =                   30
EGAIN   =     1.00224268436432
CCD-TEMP=                -10.0
OBJCTRA = '05 35 17'
OBJCTDEC= '-05 23 28'
INSTRUME= 'ZWO ASI294MC Pro'
BAYERPAT= 'RGGB'
ROWORDER= 'TOP-DOWN'`);
  assert.equal(facts.dialect, 'nina');
  assert.deepEqual(facts.kind, { value: 'light', card: 'IMAGETYP', confidence: 'high' });
  assert.equal(isoOfMjd(facts.midUtc!.value), '2026-03-02T20:19:15.460Z');
  assert.equal(facts.midUtc!.card, 'DATE-AVG');
  assert.equal(facts.gainSetting?.value, 120);
  assert.equal(facts.gainEPerAdu?.confidence, 'low', 'N.I.N.A. writes the gain of the unshifted converter');
  assert.equal(facts.raDeg?.value.toFixed(4), '83.8208');
  assert.equal(facts.decDeg?.value.toFixed(4), '-5.3911');
  assert.equal(facts.raDeg?.confidence, 'low', 'the commanded target, not the position');
  assert.equal(facts.bayer?.value.pattern, 'RGGB');
  assert.equal(facts.time.verdict, 'good');
  assert.deepEqual(facts.refusals, []);
});

test('a header with nothing in it resolves to a light of unknown time, and nothing throws', () => {
  const facts = resolve('');
  assert.equal(facts.dialect, 'generic');
  assert.deepEqual(facts.kind, { value: 'light', card: 'default', confidence: 'low' });
  assert.equal(facts.time.verdict, 'unusable');
  assert.equal(facts.exposureS, undefined);
});

test('local time with an offset is brought to UTC, west-positive longitude turned, kelvin and commanded position known', () => {
  const facts = resolve(`CREATOR = 'MicroObservatory2014-05-23'
DATE-OBS= '2026-12-19T18:33:43.317-0700'
UT-OBS  = '2026-12-20T01:33:43.317-0000'
EXPTIME = 060.00 / s
CAMTEMP = 271.0 / CCD Camera Temperature in Kelvin
LATITUDE= 31.68
LONGITUD= 110.88
RA      =  31.312099 / 02:05.25 Right Ascension
DEC     =  46.769087`);
  assert.equal(isoOfMjd(facts.startUtc!.value), '2026-12-20T01:33:43.317Z');
  assert.equal(facts.siteLonDeg?.value, -110.88);
  assert.equal(facts.sensorTemperatureC?.value.toFixed(2), '-2.15');
  assert.equal(facts.raDeg?.confidence, 'low');
  // The same offset without that dialect: the text itself says where it belongs.
  const other = resolve("DATE-OBS= '2026-12-19T18:33:43-07:00'\nEXPTIME = 60");
  assert.equal(isoOfMjd(other.startUtc!.value), '2026-12-20T01:33:43.000Z');
});

test('dates in the forms people write, with their time in another card', () => {
  const startOf = (text: string) => {
    const facts = resolve(`${text}\nEXPTIME = 60`);
    return facts.startUtc && isoOfMjd(facts.startUtc.value);
  };
  assert.equal(startOf("DATE-OBS= '26/10/92'\nTIME-OBS= '03:04:08'"), '1992-10-26T03:04:08.000Z');
  assert.equal(startOf("DATE-OBS= '2026-07-13'\nUT      = '00:57:33.5'"), '2026-07-13T00:57:33.500Z');
  assert.equal(startOf("DATE-OBS= '2026/07/13'\nTM-START= 3600"), '2026-07-13T01:00:00.000Z');
  assert.equal(startOf("DATE-OBS= '2026-07-13T24:00:00Z'"), '2026-07-14T00:00:00.000Z');
  assert.equal(startOf('JD      = 2461234.5'), '2026-07-13T00:00:00.000Z');
  assert.equal(startOf("DATE-OBS= '2026-02-30T00:00:00'"), undefined);
});

test('time that cannot be trusted says why', () => {
  const reasonsOf = (text: string) => resolve(text).time;
  assert.equal(reasonsOf("DATE-OBS= '2026-07-13'\nEXPTIME = 60").verdict, 'unusable');
  assert.equal(reasonsOf("DATE-OBS= '1970-01-01T00:00:10'\nEXPTIME = 60").verdict, 'unusable');
  assert.match(reasonsOf("DATE-OBS= '2026-07-13T01:00:00' / local time\nEXPTIME = 60").reasons.join(), /local time/);
  assert.match(
    reasonsOf("DATE-OBS= '2026-07-13T01:00:00'\nDATE-END= '2026-07-13T01:12:00'\nEXPTIME = 60").reasons.join(),
    /720 s for an exposure of 60 s/,
  );
  assert.match(
    reasonsOf("DATE-OBS= '2026-07-13T01:00:00'\nDATE-AVG= '2026-07-13T02:00:30'\nEXPTIME = 60").reasons.join(),
    /DATE-AVG is 3600.0 s away/,
  );
  assert.match(reasonsOf("DATE-OBS= '2026-07-13T01:00:00'\nEXPTIME = 3").reasons.join(), /whole seconds/);
});

test('kinds of frames by every spelling, corrected by exposure, file and folder names', () => {
  const kindOf = (type: string, path?: string, exposure = '10') => {
    const context = path === undefined ? {} : { path };
    const { kind } = resolve(`IMAGETYP= '${type}'\nEXPTIME = ${exposure}`, {}, context);
    return `${kind.value} ${kind.card}`;
  };
  assert.equal(kindOf('Light Frame'), 'light IMAGETYP');
  assert.equal(kindOf('OBJECT'), 'light IMAGETYP');
  assert.equal(kindOf('EXPOSE'), 'light IMAGETYP');
  assert.equal(kindOf('zero'), 'bias IMAGETYP');
  assert.equal(kindOf('BIAS'), 'bias IMAGETYP');
  assert.equal(kindOf('Dark Frame'), 'dark IMAGETYP');
  assert.equal(kindOf('Dark Frame', undefined, '1e-32'), 'bias IMAGETYP');
  assert.equal(kindOf('DARKFLAT'), 'flat-dark IMAGETYP');
  assert.equal(kindOf('Flat Dark'), 'flat-dark IMAGETYP');
  assert.equal(kindOf('SKYFLAT'), 'flat IMAGETYP');
  assert.equal(kindOf('Light Frame', 'night/flat_0.fits'), 'light IMAGETYP');
  assert.equal(kindOf('???', 'C:\\Astro\\DARKS\\img_001.fit'), 'dark folder name');
  assert.equal(kindOf('Light Frame', 'night/Flatiron_nebula.fits'), 'light IMAGETYP');
  assert.equal(kindOf('Flat Field', 'lights/x.fits'), 'flat IMAGETYP');
  assert.equal(kindOf('Light Frame', 'Dark Horse Nebula/LIGHT_001.fits'), 'light IMAGETYP');
  assert.equal(kindOf('Light Frame', 'Dark Shark/Dark Shark 001.fits'), 'light IMAGETYP');
  assert.equal(kindOf('???', 'Dark Horse Nebula/img.fits'), 'light default');
  assert.equal(kindOf('???', 'calib/Flats Red 2026-02-01/img 001.fits.gz'), 'flat folder name');
  assert.equal(kindOf('???', 'x/MasterDark_300s_gain100_-10C.xisf'), 'dark file name');
  assert.equal(kindOf('Dark Frame', 'darkflats/x.fits'), 'flat-dark folder name');
  assert.equal(kindOf('???', 'calib/bias/x.fits', '0'), 'bias folder name');
  assert.equal(resolve("IMAGETYP= 'Master Dark'").isMaster, true);
});

test('gain in electrons is told from gain as a setting', () => {
  const lco = resolve("ORIGIN  = 'LCOGT'\nGAIN    = 1.9\nRDNOISE = 8.1\nSATURATE= 120000");
  assert.equal(lco.gainEPerAdu?.value, 1.9);
  assert.equal(lco.gainSetting, undefined);
  assert.equal(lco.readNoiseE?.value, 8.1);
  const amplifiers = resolve("ORIGIN  = 'LCOGT'\nGAIN    = '[2.0, 2.2, 2.4, 2.2]'\nRDNOISE = '9.5, 10.5'");
  assert.equal(amplifiers.gainEPerAdu?.value.toFixed(3), '2.200');
  assert.equal(amplifiers.readNoiseE?.value, 10);
  const commented = resolve('GAIN    = 1.9 / CCD gain (e-/ADU)');
  assert.equal(commented.gainEPerAdu?.card, 'GAIN');
  const setting = resolve('GAIN    = 100 / Sensor gain');
  assert.equal(setting.gainEPerAdu, undefined);
  assert.equal(setting.gainSetting?.value, 100);
  const sharpcap = resolve("SWCREATE= 'SharpCap'\nEGAIN   = 0.1226\nEGAINSAV= 0.00766");
  assert.equal(sharpcap.gainEPerAdu?.value, 0.00766);
});

test('positions: zero is none, decimal hours, sexagesimal strings, coordinates of date', () => {
  assert.equal(resolve("OBJCTRA = '00 00 00'\nOBJCTDEC= '+00 00 00'").raDeg, undefined);
  const padded = resolve("RA      = ' 22:04:08.0'\nDEC     = '-00:55:31'");
  assert.equal(padded.raDeg?.value.toFixed(4), '331.0333');
  assert.equal(padded.decDeg?.value.toFixed(4), '-0.9253');
  // The Crab nebula; mean equinox of date by astropy, without nutation (up to 20 arcsec).
  const ofDate = resolve(
    "SWCREATE= 'SharpCap'\nRA      = 84.012216\nDEC     = 22.029582\nEQUINOX = 2025.2\nDATE-OBS= '2025-03-10T20:00:00.0'\nEXPTIME = 1",
  );
  assert.equal(ofDate.coordinatesOfDate, true);
  assert.equal(ofDate.raDeg?.confidence, 'low');
  assert.ok(
    Math.abs(ofDate.raDeg.value - 83.63308) < 20 / 3600 && Math.abs(ofDate.decDeg!.value - 22.0145) < 20 / 3600,
  );
  const of = (equinox: number) =>
    resolve(`RA      = 84.0\nDEC     = 22.0\nEQUINOX = ${equinox}\nDATE-OBS= '2025-03-10T20:00:00.0'\nEXPTIME = 1`);
  assert.equal(of(2025.19).coordinatesOfDate, true, 'an equinox in the year of the exposure, whoever wrote it');
  assert.deepEqual([of(2000).coordinatesOfDate, of(2000).raDeg?.value], [false, 84]);
});

test('sites: sexagesimal with and without signs and letters; nowhere at 0, 0', () => {
  const siteOf = (lat: string, lon: string) => {
    const facts = resolve(`SITELAT = ${lat}\nSITELONG= ${lon}`);
    return [facts.siteLatDeg?.value.toFixed(3), facts.siteLonDeg?.value.toFixed(3)];
  };
  assert.deepEqual(siteOf("'-31 16 24'", "'149 03 52'"), ['-31.273', '149.064']);
  assert.deepEqual(siteOf("'35d43m10s N'", "'78 48 21 W'"), ['35.719', '-78.806']);
  assert.deepEqual(siteOf('52.5', '340.25'), ['52.500', '-19.750']);
  assert.deepEqual(siteOf('0', '0'), [undefined, undefined]);
});

test('filter wheels in a row, open places, and words that mean nothing', () => {
  assert.equal(resolve("FILTER1 = 'air'\nFILTER2 = 'rp'").filter?.value, 'rp');
  assert.equal(resolve("FILTER1 = 'air'").filter?.value, 'air');
  assert.equal(resolve("FILTER  = 'None'").filter, undefined);
});

test('binning, pixel size and temperature', () => {
  assert.deepEqual(resolve("CCDSUM  = '2 2'").binning?.value, { x: 2, y: 2 });
  assert.equal(resolve('XBINNING= 2\nXPIXSZ  = 7.6').pixelSizeUm?.value, 7.6);
  assert.equal(resolve('XBINNING= 2\nPIXSIZE1= 3.8').pixelSizeUm?.value, 7.6);
  assert.equal(resolve('CCD-TEMP= 268.15').sensorTemperatureC?.value.toFixed(2), '-5.00');
});

test('what is no raw frame is refused with its reason', () => {
  const codesOf = (text: string, context: FrameContext = {}) =>
    resolve(text, {}, context).refusals.map((one) => one.code);
  assert.deepEqual(codesOf(`${start}STACKCNT= 187`), ['live-stack']);
  assert.deepEqual(codesOf(`${start}STACKCNT= 1`), []);
  assert.deepEqual(codesOf(start, { nPlanes: 3 }), ['debayered']);
  assert.deepEqual(codesOf(`${start}SOFTWARE= 'Astro Pixel Processor by Aries Productions'`), ['processed']);
  assert.deepEqual(codesOf(`${start}HISTORY Asinh stretch 0.5`), ['stretched']);
  assert.deepEqual(codesOf(`${start}HISTORY screen stretch: medium`), []);
  const named = (text: string, name: string) => codesOf(`${start}${text}`, { path: `M31/${name}.fits` });
  assert.deepEqual(named("TELESCOP= 'DWARFIII'", 'stacked-16_M 31_60s60_Astro_20251020'), ['live-stack']);
  assert.deepEqual(named("TELESCOP= 'DWARFIII'", 'M 31_60s60_Astro_20251020-213512345_12C'), []);
  assert.deepEqual(named("CREATOR = 'ZWO Seestar S50'", 'Stacked_210_M 31_10.0s_IRCUT'), ['live-stack']);
  assert.deepEqual(named("CREATOR = 'ZWO Seestar S50'", 'Light_M 31_10.0s_IRCUT'), []);
  assert.deepEqual(named("SWCREATE= 'N.I.N.A. 3.1'", 'stacked_bins'), [], 'other programs tell it in their headers');
  assert.deepEqual(codesOf(`${start}IMAGETYP= 'Master Flat'\nNCOMBINE= 20`), [], 'a master may be a stack');
});

test('a frame corrected by its acquisition software says so', () => {
  assert.deepEqual(resolve("CALSTAT = 'BDF'").calibrated, { bias: true, dark: true, flat: true });
  assert.deepEqual(resolve('').calibrated, { bias: false, dark: false, flat: false });
  for (const text of ['-100', '100']) {
    assert.equal(resolve(`CALSTAT = 'BD'\nPEDESTAL= ${text} / SBIG and PixInsight differ`).pedestalAdu?.value, 100);
  }
});

test('a site overrules: its values first, then its keywords, its dialects', () => {
  const overrides: HeaderOverrides = {
    values: { gainEPerAdu: 0.8, siteLonDeg: 21.5 },
    keywords: { filter: ['MYFILT'] },
    dialects: [
      { id: 'ours', name: 'our own script', recognise: [{ keyword: 'ORIGIN', pattern: '^ours' }], kelvin: true },
    ],
  };
  const facts = resolve(
    "ORIGIN  = 'ours'\nMYFILT  = 'Luminance'\nFILTER  = 'x'\nEGAIN   = 2\nSITELONG= 30\nCCD-TEMP= 260",
    overrides,
  );
  assert.deepEqual(facts.gainEPerAdu, { value: 0.8, card: 'configuration', confidence: 'high' });
  assert.equal(facts.siteLonDeg?.value, 21.5);
  assert.equal(facts.filter?.card, 'MYFILT');
  assert.equal(facts.dialect, 'ours');
  assert.equal(facts.sensorTemperatureC?.value.toFixed(2), '-13.15');
});

test('sections are 0-based with the end left out; nonsense is no section', () => {
  const facts = resolve("BIASSEC = '[4:13,1:520]'\nTRIMSEC = '[17:528, 1:520]'\nDATASEC = 'all'");
  assert.deepEqual(facts.biasSection?.value, { x0: 3, x1: 13, y0: 0, y1: 520 });
  assert.deepEqual(facts.trimSection?.value, { x0: 16, x1: 528, y0: 0, y1: 520 });
  assert.equal(facts.dataSection, undefined);
});

test('row order and subframe offsets turn the Bayer pattern', () => {
  const patternOf = (cards: string, height = 100) =>
    resolve(`BAYERPAT= 'RGGB'\n${cards}`, {}, { height }).bayer?.value.pattern;
  assert.equal(patternOf("ROWORDER= 'TOP-DOWN'"), 'RGGB');
  assert.equal(patternOf("ROWORDER= 'BOTTOM-UP'"), 'GBRG');
  assert.equal(patternOf("ROWORDER= 'BOTTOM-UP'", 101), 'RGGB');
  assert.equal(patternOf("ROWORDER= 'TOP-DOWN'\nXBAYROFF= 1"), 'GRBG');
  assert.equal(patternOf("ROWORDER= 'TOP-DOWN'\nXBAYROFF= 1\nYBAYROFF= 1"), 'BGGR');
});
