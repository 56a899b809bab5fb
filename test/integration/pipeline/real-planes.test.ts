import assert from 'node:assert/strict';
import test from 'node:test';
import { openFile } from '../../../base/file-bytes.ts';
import { dialectTable } from '../../../config/dialects.ts';
import { calibrate } from '../../../pipeline/calibration/calibrate.ts';
import { resolveDetector } from '../../../pipeline/calibration/detector.ts';
import { soloCrew } from '../../../pipeline/crew.ts';
import { readFrame } from '../../../pipeline/frame/read-frame.ts';
import { kernels } from '../../../pipeline/kernels.ts';
import { measurePlane } from '../../../pipeline/measure.ts';
import { realFile, withRealData } from '../../support/outside.ts';

test('each plane of a colour frame of the Milky Way shows its stars, sharp as they are', withRealData, async () => {
  const file = await openFile(realFile('ccd-frames/panoptes/unsolved.fits'));
  const read = await readFrame(file, { table: dialectTable, path: 'unsolved.fits' });
  await file.close();
  assert.ok(read.kind === 'frame');
  const { facts, image } = read;
  const { planes } = await calibrate(
    { ...image, exposureS: facts.exposureS?.value, bayer: facts.bayer?.value.pattern },
    { detector: resolveDetector({ header: facts }), masters: {}, alreadyCalibrated: facts.calibrated },
    soloCrew(kernels),
  );
  assert.equal(planes.length, 4);
  for (const plane of planes) {
    const { outcome, sources, model } = await measurePlane(plane, {}, soloCrew(kernels));
    assert.equal(outcome.kind, 'measured');
    // The whole frame shows 237 stars of Tycho-2 and over a thousand fainter ones; nobody knows its gain.
    assert.ok(sources.count > 600, `${plane.name}: ${sources.count}`);
    assert.ok(model.work.noise.relativeVariance <= 0.15 ** 2);
  }
});
