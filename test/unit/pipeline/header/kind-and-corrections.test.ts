import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../../config/dialects.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { type FrameContext, resolveHeader } from '../../../../pipeline/header/resolve.ts';

const resolve = (text: string, context: FrameContext = {}) =>
  resolveHeader(headerFromText(text), dialectTable, {}, context);

test('an image type of light wins over whatever the names hold, with a warning where they name a kind', () => {
  const names = [
    'OJ287_R_60s_gain100_offset30_0001.fits',
    'M13_dark-sky_R.fits',
    '3C273_bias.fits',
    'HD_189733_offset10_zero.fits',
    'M31_flat.fits',
    'NGC 7000 dark 300s.fit',
    'offset30_gain100_001.fits',
    'dark_001.fits',
    'BIAS/M31_001.fits',
    'Darks/img_002.fits',
    'Flats/0003.fits.gz',
    'C:\\Astro\\bias\\WASP-12_V.fts',
  ];
  for (const path of names) {
    const { kind } = resolve("IMAGETYP= 'LIGHT'\nEXPTIME = 30", { path });
    assert.deepEqual(kind, { value: 'light', card: 'IMAGETYP', confidence: 'high' }, path);
  }
  const { warnings } = resolve("IMAGETYP= 'LIGHT'\nEXPTIME = 30", { path: 'darks/img_001.fits' });
  assert.ok(warnings.includes('IMAGETYP says light, the folder name says dark: taken as light'), String(warnings));
});

test('where no card tells, a name of nothing but a kind and its settings tells it, and the record says so', () => {
  const kindOf = (path: string, exposure = 0) => resolve(`EXPTIME = ${exposure}`, { path }).kind.value;
  const table: [string, number, string][] = [
    ['bias_001.fits', 0, 'bias'],
    ['Dark_300s_gain100.fits', 300, 'dark'],
    ['Dark_300s_gain100_offset30.fits', 300, 'dark'],
    ['flats R/001.fits', 2, 'flat'],
    ['2026-03-01/FLAT_V_0001.fits', 2, 'flat'],
    ['OJ287_offset30.fits', 60, 'light'],
    ['M31_dark.fits', 60, 'light'],
    ['3C273_zero.fits', 60, 'light'],
    ['HD_189733_bias.fits', 60, 'light'],
    ['HD189733_flat.fits', 60, 'light'],
    ['R_60s_gain100_offset30_0001.fits', 60, 'light'],
    ['Biasteroid 7.fits', 60, 'light'],
    ['bias/0001.fits', 60, 'light'],
  ];
  for (const [path, exposure, kind] of table) assert.equal(kindOf(path, exposure), kind, path);
  assert.match(resolve('', { path: 'bias/1.fits' }).warnings.join(), /no card tells the kind .* taken as bias/);
  assert.match(
    resolve('EXPTIME = 60', { path: 'bias/1.fits' }).warnings.join(),
    /the exposure is 60 s: taken as light/,
  );
});

test('image types in the words, languages and cards of many programs', () => {
  const table: Record<string, string> = {
    "IMAGETYP= 'Light Frame'": 'light',
    "IMAGETYP= 'OBJECT'": 'light',
    "IMAGETYP= 'SCIENCE'": 'light',
    "IMAGETYP= 'Licht'": 'light',
    "IMAGETYP= 'brutes'": 'light',
    "IMTYPE  = 'obj'": 'light',
    "VIMTYPE = 'OBJECT'": 'light',
    'PICTTYPE= 1': 'light',
    "HIERARCH ESO DPR TYPE = 'OBJECT'": 'light',
    "IMAGETYP= 'Dunkelbild'": 'dark',
    "IMAGETYP= 'Noir'": 'dark',
    "FRAMETYP= 'Dark'": 'dark',
    'PICTTYPE= 3': 'dark',
    "IMAGETYP= 'zero'": 'bias',
    "IMAGETYP= 'Offset'": 'bias',
    "IMAGETYP= 'BIAS_FRAME'": 'bias',
    "OBS_TYPE= 'zero'": 'bias',
    "DATA-TYP= 'BIAS'": 'bias',
    "IMAGETYP= 'PLU'": 'flat',
    "IMAGETYP= 'sky flat'": 'flat',
    "EXPTYPE = 'DOME'": 'flat',
    "IMAGETYP= 'Dark for flat'": 'flat-dark',
    "IMAGETYP= 'FLATDARK'": 'flat-dark',
  };
  for (const [card, kind] of Object.entries(table)) {
    assert.equal(resolve(`${card}\nEXPTIME = 10`).kind.value, kind, card);
  }
});

const stackedBy = (text: string, context: FrameContext = {}) =>
  resolve(`DATE-OBS= '2026-03-01T22:15:00'\nEXPTIME = 30\n${text}`, context).refusals.find(
    ({ code }) => code === 'live-stack',
  )?.reason;

test('every sign of a stack refuses it', () => {
  const signs = [
    'NCOMBINE= 12',
    'STACKCNT= 187 / Stack frames',
    "IMAGETYP= 'Master Light'",
    "IMAGETYP= 'LIGHT STACK'",
    'HISTORY ImageIntegration.numberOfImages: 238',
    'HISTORY Stacking result + normalization (add.), 30 images',
    'HISTORY Mean combined 20 frames',
    'COMMENT stacked 12 images with ASTAP',
    'HISTORY 25 images combined by imcombine',
    'NUMFRAME= 17 / number of frames combined',
    'NFRAMES = 8 / frames averaged',
    'LIVETIME= 3600 / total',
    "IMCMB001= 'a.fits'",
    'LIGH_CNT= 20 / Number of light frames used',
    'STACKED = T',
  ];
  for (const sign of signs) assert.match(stackedBy(sign) ?? '', /is a stack of/, sign);
  assert.match(stackedBy("IMAGETYP= 'Light'", { path: 'out/masterLight_BIN-1_R.xisf' }) ?? '', /the file's name/);
});

test('running numbers, single exposures and denials are no stack', () => {
  const signs = [
    'NUMFRAME= 17 / running number of the frame',
    'NUMFRAME= 17 / frame number in sequence',
    'NUMFRAME= 17',
    'FRAMENO = 102 / exposure number',
    'NFRAMES = 8 / frames in series',
    'NCOMBINE= 1',
    'STACKCNT= 1 / Stack frames',
    'LIVETIME= 29.98',
    'STACKED = F',
    'COMMENT not stacked',
    'HISTORY Live stacking off',
    'HISTORY dark subtracted',
  ];
  for (const sign of signs) assert.equal(stackedBy(sign), undefined, sign);
});

test('a cube is refused whatever its kind, three colour planes as debayered', () => {
  const codes = (type: string, nPlanes: number) =>
    resolve(`IMAGETYP= '${type}'`, { nPlanes }).refusals.map(({ code }) => code);
  for (const nPlanes of [2, 4, 10, 500]) assert.deepEqual(codes('Light', nPlanes), ['cube']);
  for (const type of ['Bias', 'Dark', 'Flat']) assert.deepEqual(codes(type, 10), ['cube']);
  assert.deepEqual(codes('Light', 3), ['debayered']);
  assert.deepEqual(codes('Light', 1), []);
});

test('corrections are what letters and words say, in one card or in one for each step', () => {
  const table: Record<string, string> = {
    "CALSTAT = 'BDF'": 'bias dark flat',
    "CALSTAT = 'B,D'": 'bias dark',
    "CALSTAT = 'DF'": 'dark flat',
    "CALSTAT = 'F'": 'flat',
    "CALSTAT = 'BDFM'": 'bias dark flat',
    "CALSTAT = 'dark subtracted, flat fielded'": 'dark flat',
    "CALSTAT = 'no flat'": '',
    "CALSTAT = 'BIAS=T DARK=F'": 'bias',
    "CALSTAT = 'CALIBRATED'": 'bias dark flat',
    "CALSTAT = 'UNCALIBRATED'": '',
    "CALSTAT = 'not calibrated'": '',
    "CALSTAT = 'FALSE'": '',
    'CALSTAT = F': '',
    "CALSTAT = 'OFF'": '',
    "CALSTAT = 'NONE'": '',
    "CALSTAT = 'N'": '',
    'CALSTAT = 0': '',
    "CALSTAT = 'raw'": '',
    "ZEROCOR = 'May 22 12:03 Zero level correction image is Zero.fits'": 'bias',
    "FLATCOR = 'May 22 12:03 Flat field image is FlatV.fits'": 'flat',
    'DARKCOR = F': '',
    "FLATCORR= 'PERFORM'": '',
    "FLATCORR= 'COMPLETE'": 'flat',
    'L1STATBI= 1': 'bias',
    'L1STATDA= 0': '',
  };
  for (const [card, done] of Object.entries(table)) {
    const { calibrated } = resolve(card);
    const said = (['bias', 'dark', 'flat'] as const).filter((step) => calibrated[step]).join(' ');
    assert.equal(said, done, card);
  }
});

test('of two wheels the filter that is none of glass, both where both are filters', () => {
  const table: Record<string, string | undefined> = {
    "FILTER1 = 'Clear'\nFILTER2 = 'V'": 'V',
    "FILTER1 = 'R'\nFILTER2 = 'Open'": 'R',
    "FILTER  = 'Clear'\nFILTER2 = 'B'": 'B',
    "FILT-1  = 'air'\nFILT-2  = 'g'": 'g',
    "FILTER1 = 'Free'\nFILTER2 = 'I'": 'I',
    "FILTER1 = 'V'\nFILTER2 = 'ND4'": 'V + ND4',
    "FILTERA = 'Ha'\nFILTERB = 'UVIR'": 'Ha + UVIR',
    "FILTER1 = 'V'\nFILTER2 = 'V'": 'V',
    "FILTER  = 'V'\nFILTER1 = 'V'\nFILTER2 = 'Clear'": 'V',
    "FILTER1 = 'Clear'\nFILTER2 = 'Clear'": 'Clear',
    "FILTER  = '2'\nFILTNAM = 'V'": 'V',
    'FILTER  = 3': '3',
    "FILTER  = ''": undefined,
  };
  for (const [cards, name] of Object.entries(table)) assert.equal(resolve(cards).filter?.value, name, cards);
});
