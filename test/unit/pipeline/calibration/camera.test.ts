import assert from 'node:assert/strict';
import test from 'node:test';
import { knownCameras } from '../../../../config/cameras.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { lookUpCamera } from '../../../../pipeline/calibration/camera.ts';
import { resolveDetector } from '../../../../pipeline/calibration/detector.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../../pipeline/header/resolve.ts';

const factsOf = (text: string) => resolveHeader(headerFromText(text), dialectTable);
const nina = factsOf(`SWCREATE= 'N.I.N.A. 3.1'
INSTRUME= 'ZWO ASI294MC Pro'
GAIN    = 120
EGAIN   = 1.00224268436432`);

test('a registered camera gives gain and saturation in ADU of the file, whatever the shift', () => {
  const whole = lookUpCamera(knownCameras, nina, 1);
  assert.ok(Math.abs(whole.gainEPerAdu! - 1.002) < 0.002, `${whole.gainEPerAdu}`);
  assert.equal(whole.saturationAdu, 16383);
  const shifted = lookUpCamera(knownCameras, nina, 4);
  assert.ok(Math.abs(shifted.gainEPerAdu! - 0.2506) < 0.0005);
  assert.equal(shifted.saturationAdu, 65532);
});

test('nothing is made up: unknown camera, unknown setting, another conversion, binned frames', () => {
  assert.deepEqual(lookUpCamera(knownCameras, factsOf("INSTRUME= 'Home-made'\nGAIN = 1"), 1), {});
  assert.deepEqual(lookUpCamera(knownCameras, factsOf("INSTRUME= 'ASI2600MM Pro'"), 1), { saturationAdu: 65535 });
  const converted = factsOf("INSTRUME= 'ASI2600MM Pro'\nGAIN    = 100");
  assert.equal(lookUpCamera(knownCameras, converted, 1).gainEPerAdu, undefined);
  const binned = factsOf("INSTRUME= 'ASI1600MM'\nGAIN    = 0\nXBINNING= 2");
  assert.deepEqual(lookUpCamera(knownCameras, binned, 16), {});
});

test('an EGAIN that counts the converter is divided by the step of the codes', () => {
  const shifted = resolveDetector({ header: nina, codeStep: 4 }).gainEPerAdu!;
  assert.ok(Math.abs(shifted.value - 0.25056) < 1e-4);
  assert.equal(shifted.card, 'EGAIN / 4');
  assert.ok(Math.abs(resolveDetector({ header: nina, codeStep: 1 }).gainEPerAdu!.value - 1.00224) < 1e-4);
  const saved = factsOf("SWCREATE= 'SharpCap'\nEGAIN   = 0.1226\nEGAINSAV= 0.00766");
  assert.equal(resolveDetector({ header: saved, codeStep: 16 }).gainEPerAdu?.value, 0.00766);
});

test('every registered camera names its source and has sound numbers', () => {
  for (const camera of knownCameras) {
    assert.match(camera.source, /https:\/\//);
    assert.ok(camera.bits >= 8 && camera.bits <= 16 && camera.eAtZeroGain > 0 && camera.settingsPerDecade > 0);
    assert.doesNotThrow(() => new RegExp(camera.pattern));
  }
});
