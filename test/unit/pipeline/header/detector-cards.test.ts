import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';

const resolve = (text: string) => resolveHeader(headerFromText(text), dialectTable, {}, { height: 100 });

test('GAIN with the unit of a conversion is electrons per ADU, in every spelling', () => {
  const spellings = [
    'electrons/ADU',
    '[electrons/count]',
    'Gain, in e/cnt(ADU)',
    'e-/DN',
    'e-/ADU',
    '[e-/ADU] Electrons per A/D unit',
    '(electrons per ADU)',
    'electron/adu',
    'photo-electrons per ADU',
    'photoelectrons per count',
    'Gain [e-]',
    'e per DN',
    'E/ADU',
    'CCD gain (elec/ADU)',
    'electrons per data number',
    'electrons / digital unit',
    'gain in electrons per analog-to-digital unit',
    'e-/count',
    '[electrons adu-1]',
    'CCD gain in electrons',
  ];
  for (const comment of spellings) {
    const { gainEPerAdu, gainSetting } = resolve(`GAIN    = 2.1 / ${comment}`);
    assert.deepEqual([gainEPerAdu?.value, gainSetting], [2.1, undefined], comment);
  }
  assert.equal(resolve("GAIN    = '2.1 e-/ADU'").gainEPerAdu?.value, 2.1);
  for (const comment of ['ADU/e-', '[ADU per electron]', 'DN/e-', 'counts per electron']) {
    assert.equal(resolve(`GAIN    = 0.5 / ${comment}`).gainEPerAdu?.value, 2, comment);
  }
});

test('GAIN as a setting is no conversion', () => {
  for (const comment of [
    'Sensor gain',
    'Gain Value',
    '[dB]',
    'gain in 0.1 dB',
    '[0.1dB]',
    'camera gain setting',
    'gain or ISO depending on instrument',
    'gain level',
    'Amplifier gain mode',
    'unitless',
    'Gain setting of the camera, see EGAIN for e-',
  ]) {
    const { gainEPerAdu, gainSetting } = resolve(`GAIN    = 100 / ${comment}`);
    assert.deepEqual([gainEPerAdu, gainSetting?.value], [undefined, 100], comment);
  }
  const both = resolve('EGAIN   = 1.3\nGAIN    = 2.1 / e-/ADU');
  assert.deepEqual([both.gainEPerAdu?.value, both.gainEPerAdu?.confidence], [1.3, 'low']);
  assert.match(both.warnings.join(), /EGAIN = 1.3 and GAIN = 2.1/);
});

test('a temperature is read in its unit', () => {
  for (const card of [
    '-10.0',
    '-10.0 / [degC] CCD temperature',
    '-10.0 / CCD temperature at start of exposure in C',
    '263.15',
    '263.15 / CCD Camera Temperature in Kelvin',
    '263.15 / [K]',
    '14.0 / degrees Fahrenheit',
    '14.0 / [deg F]',
    '14.0 / in F',
    "'-10 C'",
    "'-10,0'",
    "'14 F'",
  ]) {
    assert.equal(resolve(`CCD-TEMP= ${card}`).sensorTemperatureC?.value.toFixed(2), '-10.00', card);
  }
});

test('a focal ratio is no focal length', () => {
  const lengths = [
    'FOCALLEN= 1237.6',
    'FOCALLEN= 1.2376 / [m]',
    'FOCALLEN= 123.76 / focal length in cm',
    'FOCALLEN= 48.7244 / inches',
    "FOCALLEN= '1237.6 mm'",
    'FOCAL   = 6.85 / Telescope focal ratio\nFOCALEN = 1237.6 / Telescope focal length, in mm',
    'FOCAL   = 6.3\nFOCALLEN= 1237.6',
    "FOCAL   = 'f/6.3'\nTELFOCAL= 1237.6",
    'FOCAL   = 6.188\nAPTDIA  = 200',
    'FOCRATIO= 6.188\nAPTDIA  = 0.2 / [m]',
  ];
  for (const text of lengths) assert.equal(resolve(text).focalLengthMm?.value.toFixed(1), '1237.6', text);
  for (const text of ['FOCAL   = 6.3', "FOCALLEN= 'f/6.3'", 'FOCALLEN= 1000 / f/ratio x 100']) {
    assert.equal(resolve(text).focalLengthMm, undefined, text);
  }
  assert.match(resolve('FOCAL   = 6.3').warnings.join(), /FOCAL = 6.3 is a focal ratio/);
  assert.equal(resolve('FOCALLEN= 2.5 / [mm] lens').focalLengthMm?.value, 2.5, 'a fish-eye that says so');
});

test('a plate scale is read in its unit', () => {
  for (const text of [
    'PIXSCALE= 1.5',
    'SECPIX  = 1.5 / arcsec per pixel',
    'PIXSCALE= 0.025 / [arcmin/pixel]',
    'PIXSCALE= 4.16667E-04 / [deg/pix]',
    'PIXSCALE= 1500 / [mas/px]',
    'PLTSCALE= 166.66667 / [arcsec/mm]\nXPIXSZ  = 9.0',
    'PLTSCALE= 166.66667 / arcsec per mm\nXPIXSZ  = 9.0',
    "PIXSCALE= '1.5 arcsec/px'",
    'SCALE   = 1.5 / image scale ("/pixel)',
    'SECPIX1 = 1.5 / [arcsec]',
  ]) {
    assert.equal(resolve(text).scaleArcsecPerPx?.value.toFixed(3), '1.500', text);
  }
});

test('pixel sizes before and after binning are told apart by comment or by the scale', () => {
  const sizes: [string, string][] = [
    ['XPIXSZ  = 9.0 / Pixel Width in microns (after binning)\nXBINNING= 2', '9.0'],
    ['XPIXSZ  = 4.5 / [um] unbinned pixel size\nXBINNING= 2', '9.0'],
    ['XPIXSZ  = 4.5 / Pixel size without binning\nXBINNING= 2', '9.0'],
    ['PIXSIZE1= 4.5\nXBINNING= 2', '9.0'],
    ['XPIXSZ  = 0.009 / [mm]', '9.0'],
    ["XPIXSZ  = '9.0 um'", '9.0'],
    ['XPIXSZ  = 4.5\nXBINNING= 2\nFOCALLEN= 1237.6\nPIXSCALE= 1.5', '9.0'],
    ['XPIXSZ  = 18.0\nXBINNING= 2\nFOCALLEN= 1237.6\nPIXSCALE= 1.5', '9.0'],
    [
      "XPIXSZ  = 4.5\nXBINNING= 2\nFOCALLEN= 1237.6\nCTYPE1  = 'RA---TAN'\nCD1_1   = -4.1667E-4\nCD2_2   = 4.1667E-4",
      '9.0',
    ],
    ['XPIXSZ  = 9.0\nXBINNING= 2\nFOCALLEN= 1237.6\nPIXSCALE= 1.5', '9.0'],
  ];
  for (const [text, expected] of sizes) assert.equal(resolve(text).pixelSizeUm?.value.toFixed(1), expected, text);
});

test('scales and binnings that contradict each other are told with both cards', () => {
  const off = resolve('XPIXSZ  = 9.0\nFOCALLEN= 1237.6\nPIXSCALE= 2.2');
  assert.equal(off.scaleArcsecPerPx?.confidence, 'low');
  assert.match(off.warnings.join(), /PIXSCALE = 2.2 contradicts XPIXSZ = 9 and FOCALLEN = 1237.6/);
  const matrix = "CTYPE1  = 'RA---TAN'\nCD1_1   = -4.1667E-4\nCD2_2   = 4.1667E-4";
  assert.match(resolve(`SECPIX  = 3.0\n${matrix}`).warnings.join(), /SECPIX = 3 contradicts the scale of CD1_1/);
  assert.match(resolve("XBINNING= 1\nCCDSUM  = '2 2'").warnings.join(), /CCDSUM = '2 2' contradicts XBINNING = 1/);
  assert.deepEqual(resolve('XPIXSZ  = 9.0\nFOCALLEN= 1237.6\nPIXSCALE= 1.5').warnings, []);
});

test('binning in the words of programs', () => {
  for (const word of [
    "'2 2'",
    "'2x2'",
    "'2*2'",
    "'2X2'",
    "'2,2'",
    "'(2, 2)'",
    "'[2,2]'",
    "'Bin2x2'",
    "'2x2 binning'",
    "'2:2'",
    "'2 by 2'",
    "'B2x2'",
    '2',
  ]) {
    assert.deepEqual(resolve(`BINNING = ${word}`).binning?.value, { x: 2, y: 2 }, word);
  }
  assert.deepEqual(resolve("BINNING = '1x2'").binning?.value, { x: 1, y: 2 });
});

test('Bayer patterns in the words of programs', () => {
  const top = "ROWORDER= 'TOP-DOWN'";
  for (const word of [
    'RGGB',
    'rggb',
    'BAYER_RGGB',
    'RGGB8',
    'RGGB16',
    'RG/GB',
    'RG_GB',
    'R G G B',
    'BayerRG8',
    'BAYER_RG',
    'RG',
  ]) {
    assert.equal(resolve(`BAYERPAT= '${word}'\n${top}`).bayer?.value.pattern, 'RGGB', word);
  }
  assert.equal(resolve(`BAYERPAT= 'BayerGB12'\n${top}`).bayer?.value.pattern, 'GBRG');
  for (const text of ["BAYERPAT= 'MONO'", "FILTER  = 'RG'", "FILTER  = 'RG610'", "BAYERPAT= 'NONE'"]) {
    assert.equal(resolve(text).bayer, undefined, text);
  }
});
