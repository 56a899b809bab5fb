import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { openFile } from '../../../base/file-bytes.ts';
import { dialectTable } from '../../../config/dialects.ts';
import { checkMosaic, settlePattern } from '../../../pipeline/calibration/bayer-check.ts';
import { findCodeStep } from '../../../pipeline/calibration/code-step.ts';
import { findPileUp } from '../../../pipeline/calibration/saturation.ts';
import { headerFromText } from '../../../pipeline/fits/header.ts';
import { identifyFrame, readFrame } from '../../../pipeline/frame/read-frame.ts';
import type { FrameFacts } from '../../../pipeline/header/facts.ts';
import { resolveHeader } from '../../../pipeline/header/resolve.ts';
import { isoOfMjd } from '../../../pipeline/time/mjd.ts';
import { realData, realFile, withRealData } from '../../support/outside.ts';

/** What matters of the facts in one line each, for tables. */
function summary(facts: FrameFacts): Record<string, unknown> {
  const {
    kind,
    filter,
    exposureS,
    midUtc,
    time,
    camera,
    binning,
    pixelSizeUm,
    sensorTemperatureC: temperature,
  } = facts;
  const fixed = (value: number | undefined, digits: number) =>
    value === undefined ? undefined : Number(value.toFixed(digits));
  return {
    dialect: facts.dialect,
    kind: `${kind.value} ${kind.card}`,
    filter: filter?.value,
    exposureS: exposureS?.value,
    mid: midUtc && isoOfMjd(midUtc.value),
    time: time.verdict,
    camera: camera?.value,
    binning: binning?.value.x,
    pixelUm: fixed(pixelSizeUm?.value, 2),
    celsius: fixed(temperature?.value, 1),
    ra: fixed(facts.raDeg?.value, 3),
    dec: fixed(facts.decDeg?.value, 3),
    lat: fixed(facts.siteLatDeg?.value, 2),
    lon: fixed(facts.siteLonDeg?.value, 2),
    gain: facts.gainEPerAdu && `${fixed(facts.gainEPerAdu.value, 3)} ${facts.gainEPerAdu.confidence}`,
    bayer: facts.bayer?.value.pattern,
    refused: facts.refusals.map((refusal) => refusal.code).join() || undefined,
  };
}

/** Only what a row states is compared; a row that says `undefined` means that nothing may be found. */
function expectRow(name: string, facts: FrameFacts, row: Record<string, unknown>): void {
  const actual = summary(facts);
  for (const [key, value] of Object.entries(row)) assert.deepEqual(actual[key], value, `${name}: ${key}`);
}

const texts: Record<string, Record<string, unknown>> = {
  'nina.hdr.txt': {
    dialect: 'nina',
    kind: 'light IMAGETYP',
    exposureS: 30,
    mid: '2021-03-02T20:19:15.455Z',
    time: 'good',
    camera: 'ZWO ASI294MC Pro',
    pixelUm: 4.63,
    celsius: -10,
    ra: undefined,
    dec: undefined,
    gain: '1.002 low',
    bayer: 'RGGB',
    refused: undefined,
  },
  'maximdl.hdr.txt': {
    dialect: 'maxim',
    kind: 'light IMAGETYP',
    filter: 'SII',
    exposureS: 300,
    mid: '2018-07-04T14:05:33.000Z',
    time: 'good',
    camera: 'Apogee USB/Net',
    binning: 1,
    pixelUm: 7.4,
    celsius: -35,
    ra: 275.2,
    dec: -16.183,
    lat: -31.27,
    lon: 149.06,
    gain: undefined,
    refused: undefined,
  },
  'sharpcap.hdr.txt': {
    dialect: 'sharpcap',
    kind: 'light default',
    exposureS: 2,
    mid: '2019-04-29T20:25:30.822Z',
    camera: 'ZWO ASI290MM Mini',
    pixelUm: 2.9,
    celsius: 12.7,
    ra: 251.337,
    dec: 89.049,
    refused: undefined,
  },
  'seestar.hdr.txt': {
    dialect: 'seestar',
    filter: 'IRCUT',
    exposureS: 10,
    camera: 'Seestar S50',
    ra: 240.113,
    dec: 20.661,
    lat: 51,
    lon: 3.6,
    bayer: 'GRBG',
    refused: 'live-stack',
  },
  'app.hdr.txt': { dialect: 'app', exposureS: 900, time: 'unusable', refused: 'processed', gain: undefined },
};

for (const [name, row] of Object.entries(texts)) {
  test(`${name} resolves fully`, withRealData, () => {
    const header = headerFromText(readFileSync(realFile('headers', name), 'utf8'));
    expectRow(name, resolveHeader(header, dialectTable), row);
  });
}

test('a header of three planes is refused as debayered', withRealData, () => {
  const header = headerFromText(readFileSync(realFile('headers', 'seestar.hdr.txt'), 'utf8'));
  const codes = resolveHeader(header, dialectTable, {}, { nPlanes: 3 }).refusals.map((refusal) => refusal.code);
  assert.deepEqual(codes, ['live-stack', 'debayered']);
});

const frames: Record<string, Record<string, unknown>> = {
  'ccd-frames/huntsman/bias_0.fits': { kind: 'bias IMAGETYP', celsius: -1.5, lat: -31.16, lon: 149.13, ra: undefined },
  'ccd-frames/huntsman/dark_0.fits': { kind: 'dark IMAGETYP', exposureS: 300 },
  'ccd-frames/huntsman/flat_0.fits': { kind: 'light IMAGETYP', filter: 'g_band' },
  'ccd-frames/huntsman/science_0.fits': {
    kind: 'light IMAGETYP',
    filter: 'g_band',
    ra: 65.208,
    dec: -54.955,
    time: 'good',
  },
  'ccd-frames/saao/a8280271.fits': {
    kind: 'light IMAGETYP',
    exposureS: 150.04,
    ra: 331.033,
    dec: -0.925,
    gain: '1.9 high',
    mid: '2013-07-13T00:58:48.020Z',
  },
  'ccd-frames/ntt/emmi-na36.fits': {
    mid: '1992-10-26T03:14:08.000Z',
    exposureS: 1200,
    camera: 'EMMI',
    ra: 5.648,
    dec: -30.183,
  },
  'ccd-frames/panoptes/unsolved.fits': { exposureS: 120.4, bayer: 'RGGB', lat: 19.54, lon: -155.58 },
  'ccd-frames/panoptes/noheader.fits': {
    dialect: 'generic',
    time: 'unusable',
    exposureS: undefined,
    camera: undefined,
  },
  'ccd-frames/msum/biastest1.fit': { dialect: 'maxim', kind: 'bias IMAGETYP', celsius: -35 },
  'ccd-frames/msum/darktest1.fit': { dialect: 'maxim', kind: 'dark IMAGETYP', exposureS: 30 },
  'ccd-frames/msum/uint16_no_pointing.fit': { ra: undefined, filter: 'R', exposureS: 90 },
  'ccd-frames/msum/TIC-402828941-tiny.fit.bz2': { dialect: 'maxim', filter: 'ip' },
  'focus-c8/Target_LIGHT_8000_0s_BIN1_-15C_001_20190513_213051_480_W.FIT': {
    dialect: 'voyager',
    kind: 'light IMAGETYP',
    filter: 'R',
    lat: 35.72,
    lon: -78.81,
    pixelUm: 3.8,
  },
  'hatp32-microobs/HATP-32171220050012.FITS': {
    dialect: 'microobservatory',
    kind: 'light default',
    filter: 'Clear',
    exposureS: 60,
    mid: '2017-12-20T05:00:42.522Z',
    time: 'good',
    celsius: -3.1,
    ra: 31.312,
    dec: 46.769,
    lat: 31.68,
    lon: -110.88,
  },
};

for (const [name, row] of Object.entries(frames)) {
  test(`${name} reads as its README says`, withRealData, async () => {
    const source = await openFile(realFile(name));
    const outcome = await readFrame(source, { table: dialectTable, path: name });
    await source.close();
    assert.ok(outcome.kind === 'frame', name);
    expectRow(name, outcome.facts, row);
  });
}

test('a packed frame is the same exposure as the frame it was packed from', withRealData, async () => {
  const idOf = async (...path: string[]) => {
    const source = await openFile(realFile(...path));
    const outcome = await identifyFrame(source, { table: dialectTable });
    await source.close();
    assert.ok(outcome.kind === 'frame');
    return outcome.exposureId;
  };
  const plain = await idOf('hatp32-microobs', 'HATP-32171220050012.FITS');
  assert.equal(await idOf('compressed', 'microobs-rice.fits.fz'), plain);
  assert.equal(await idOf('compressed', 'm13_rice.fits'), await idOf('compressed', 'm13.fits'));
  assert.notEqual(await idOf('hatp32-microobs', 'HATP-32171220050912.FITS'), plain);
});

test(
  'every frame of a night has an identity and a mid-exposure time of its own, in order of their names',
  withRealData,
  async () => {
    const ids = new Set<string>();
    let last = '';
    const names = readdirSync(realFile('hatp32-microobs')).sort();
    assert.equal(names.length, 48);
    for (const name of names) {
      const source = await openFile(realFile('hatp32-microobs', name));
      const outcome = await identifyFrame(source, { table: dialectTable, path: name });
      await source.close();
      assert.ok(outcome.kind === 'frame');
      ids.add(outcome.exposureId);
      const mid = isoOfMjd(outcome.facts.midUtc!.value);
      assert.ok(mid > last, `${name}: ${mid} after ${last}`);
      last = mid;
    }
    assert.equal(ids.size, 48);
  },
);

test(
  'the pixels tell what headers do not: 12-bit data shifted up, saturation, the greens of a mosaic',
  withRealData,
  async () => {
    const read = async (name: string) => {
      const source = await openFile(realFile(name));
      const outcome = await readFrame(source, { table: dialectTable, path: name });
      await source.close();
      assert.ok(outcome.kind === 'frame');
      return outcome;
    };
    const focus = await read('focus-c8/Target_LIGHT_7350_3s_BIN1_-15C_001_20190513_214817_006_W.FIT');
    assert.equal(findCodeStep(focus.image.pixels), 16);
    assert.equal(findPileUp((await read('hatp32-microobs/HATP-32171220050012.FITS')).image.pixels), 4095);
    assert.equal(findPileUp((await read('ccd-frames/huntsman/science_0.fits')).image.pixels), 4094);
    assert.equal(findPileUp((await read('ccd-frames/panoptes/unsolved.fits')).image.pixels), 13583);
    const { image, facts } = await read('ccd-frames/panoptes/unsolved.fits');
    const check = checkMosaic(image.width, image.height, image.pixels, facts.bayer?.value.pattern);
    // The header says RGGB, but the rows are stored bottom first: red and blue stand where it says green.
    assert.equal(check.verdict, 'green-main');
    assert.equal(settlePattern(facts.bayer?.value.pattern, check).pattern, 'GBRG');
    assert.ok(realData);
  },
);
