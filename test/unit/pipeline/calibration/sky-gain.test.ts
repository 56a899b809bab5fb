import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import type { DetectorFacts } from '../../../../pipeline/calibration/detector.ts';
import type { Master } from '../../../../pipeline/calibration/master.ts';
import { gainFromSky } from '../../../../pipeline/calibration/sky-gain.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { paintStarField } from '../../../support/star-field.ts';

const width = 512;
const height = 448;
const size = width * height;
const gainTruth = 1.4;
const readNoiseTruthE = 6.5;
const biasAdu = 500;
const nFrames = 25;

interface Sky {
  readonly skyE: number;
  readonly nStars?: number;
  readonly fwhmPx?: number;
  readonly seed?: number;
}

/** A raw frame, ADU, of a sky with stars of 100 to 100,000 electrons, on a sensor whose pixels differ in response by 1 %. */
function expose({ skyE, nStars = 0, fwhmPx = 3, seed = 23 }: Sky) {
  const random = new Random(seed);
  const field = { width, height, nStars, fwhmPx, beta: 3, skyE, readNoiseE: 0, logFlux: [2, 5] as const };
  const { truth } = paintStarField(field, random);
  const response = Float32Array.from({ length: size }, () => 1 + 0.01 * random.normal());
  const pixels = truth.map((electrons, i) => {
    const seen = random.poisson(electrons * response[i]!) + readNoiseTruthE * random.normal();
    return Math.round(biasAdu + seen / gainTruth);
  });
  return { pixels: Float32Array.from(pixels), response };
}

const common = { width, height, nCombined: nFrames, exposureS: 0, sensorTemperatureC: undefined, filter: undefined };
const bias: Master = {
  ...common,
  kind: 'bias',
  pixels: new Float32Array(size).fill(biasAdu),
  noise: readNoiseTruthE / gainTruth / Math.sqrt(nFrames),
  id: 'bias',
};
const masterFlat = (pixels: Float32Array): Master => ({ ...common, kind: 'flat', pixels, noise: 0, id: 'flat' });

function measure(sky: Sky, knowsFlat = true) {
  const { pixels, response } = expose(sky);
  const darkNoiseAdu = readNoiseTruthE / gainTruth;
  const flat = knowsFlat ? response : undefined;
  return gainFromSky({ width, height, pixels, pedestal: bias.pixels, darkNoiseAdu, flat, flatError: 0 });
}

describe('the gain by the sky of one frame', () => {
  it('is that of the detector, with an error that holds', () => {
    for (const skyE of [60, 400, 4000]) {
      const sky = measure({ skyE });
      // 49 tiles of four phases, each known to 8 %: 0.7 %.
      assert.ok(sky && Math.abs(sky.gainEPerAdu / gainTruth - 1) < 0.025, `${skyE} e-: ${sky?.gainEPerAdu}`);
      assert.ok(Math.abs(sky.gainEPerAdu - gainTruth) < 3 * sky.gainErr, `${skyE} e-: +- ${sky.gainErr}`);
      assert.ok(sky.gainErr < 0.03 * gainTruth, `${skyE} e-: +- ${sky.gainErr}`);
    }
  });

  it('has a larger error where no flat tells the noise from the response of the pixels', () => {
    const sky = measure({ skyE: 1500 }, false);
    assert.ok(sky && sky.gainEPerAdu < 0.93 * gainTruth, 'the response passes for noise');
    assert.ok(Math.abs(sky.gainEPerAdu - gainTruth) < 2 * sky.gainErr, `${sky.gainEPerAdu} +- ${sky.gainErr}`);
  });

  it('is not told by a sky without light, nor by one full of stars', () => {
    assert.equal(measure({ skyE: 0 }), undefined);
    assert.equal(measure({ skyE: 400, nStars: 6000 }), undefined);
  });

  it('never contradicts the truth by more than what makes a told gain give way, however many stars there are', async () => {
    for (const nStars of [100, 400, 1600]) {
      for (const fwhmPx of [2.2, 4]) {
        const sky = measure({ skyE: 200, nStars, fwhmPx, seed: nStars });
        const away = sky ? Math.abs(sky.gainEPerAdu - gainTruth) - 3 * sky.gainErr : 0;
        const found = `${sky?.gainEPerAdu} +- ${sky?.gainErr}`;
        assert.ok(away < 0.1 * gainTruth, `${nStars} stars of ${fwhmPx} px: ${found}`);
      }
    }
  });
});

describe('a gain that is told', () => {
  const say = (value: number, card = 'EGAIN') => ({ value, card, confidence: 'high' as const });
  async function calibrated(told: Partial<DetectorFacts>, masters = {}) {
    const { pixels, response } = expose({ skyE: 400, nStars: 60 });
    const { record, planes } = await calibrate(
      { width, height, pixels, exposureS: 60, bayer: undefined },
      {
        detector: { gainEPerAdu: undefined, readNoiseE: undefined, saturationAdu: undefined, ...told },
        masters: { bias, flat: masterFlat(response), ...masters },
      },
      soloCrew(kernels),
    );
    return { ...record, noise: planes[0]!.noise, told: record.warnings.join('\n') };
  }

  it('by nobody is taken from the sky, as a guess', async () => {
    const { gainEPerAdu, gainFrom, noise } = await calibrated({});
    assert.ok(Math.abs(gainEPerAdu / gainTruth - 1) < 0.05, `${gainEPerAdu}`);
    assert.deepEqual([gainFrom, noise.gainKnown], ['sky of the frame', false]);
  });

  it('stays where the sky does not clearly contradict it', async () => {
    const { gainEPerAdu, gainFrom, told } = await calibrated({ gainEPerAdu: say(1.5) });
    assert.deepEqual([gainEPerAdu, gainFrom], [1.5, 'EGAIN']);
    assert.doesNotMatch(told, /gain/);
  });

  it('gives way to the sky where it is wrong by far, with the read noise that goes with it, whoever said so', async () => {
    for (const card of ['EGAIN', 'configuration']) {
      const found = await calibrated({ gainEPerAdu: say(4, card), readNoiseE: say(20, card) });
      assert.ok(Math.abs(found.gainEPerAdu / gainTruth - 1) < 0.05, `${found.gainEPerAdu}`);
      assert.deepEqual([found.gainFrom, found.noise.gainKnown], ['sky of the frame', true]);
      assert.ok(Math.abs(found.readNoiseE! / readNoiseTruthE - 1) < 0.1, `${found.readNoiseE}`);
      assert.match(
        found.told,
        new RegExp(`a gain of 4 e-/ADU is said \\(${card}\\): 1\\.\\d+ \\+- 0\\.0\\d e-/ADU were`),
      );
      assert.match(found.told, /a read noise of 20 e- is said/);
    }
  });

  it('by photon transfer on flats is not held against the sky', async () => {
    const { gainEPerAdu, gainFrom } = await calibrated({ gainEPerAdu: say(1.8, 'photon transfer') });
    assert.deepEqual([gainEPerAdu, gainFrom], [1.8, 'photon transfer']);
  });

  it('stays where no bias tells what is noise without light', async () => {
    const { gainEPerAdu } = await calibrated({ gainEPerAdu: say(4) }, { bias: undefined });
    assert.equal(gainEPerAdu, 4);
  });
});
