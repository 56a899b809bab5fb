import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openFile } from '../../../base/file-bytes.ts';
import { dialectTable } from '../../../config/dialects.ts';
import { calibrate } from '../../../pipeline/calibration/calibrate.ts';
import { resolveDetector } from '../../../pipeline/calibration/detector.ts';
import { soloCrew } from '../../../pipeline/crew.ts';
import { readFrame } from '../../../pipeline/frame/read-frame.ts';
import { kernels } from '../../../pipeline/kernels.ts';
import { measurePlane } from '../../../pipeline/measure.ts';
import { realFile, withRealData } from '../../support/outside.ts';

/** A run through focus with one bright star; the number in a file's name is the focuser's position, 8000 in focus. */
async function measureAt(position: number) {
  const folder = realFile('focus-c8');
  const name = readdirSync(folder).find((one) => one.includes(`_${position}_`))!;
  const file = await openFile(`${folder}/${name}`);
  try {
    const read = await readFrame(file, { table: dialectTable });
    assert.equal(read.kind, 'frame');
    if (read.kind !== 'frame') throw new Error('unreachable');
    const { width, height, pixels } = read.image;
    const frame = { width, height, pixels, exposureS: read.facts.exposureS?.value, bayer: undefined };
    const { planes } = await calibrate(
      frame,
      { detector: resolveDetector({ header: read.facts }), masters: {} },
      soloCrew(kernels),
    );
    return await measurePlane(planes[0]!, {}, soloCrew(kernels));
  } finally {
    await file.close();
  }
}

describe('a telescope that runs through focus', withRealData, () => {
  for (const position of [7350, 7650, 7850, 8100, 8400]) {
    it(`gives no stars for the rings and discs at ${position}`, async () => {
      const { outcome, sources } = await measureAt(position);
      assert.ok(['defocused', 'not star-like'].includes(outcome.kind), outcome.kind);
      assert.equal(sources.count, 0);
    });
  }

  it('is measured in focus', async () => {
    const { outcome, psf, sources } = await measureAt(8000);
    assert.equal(outcome.kind, 'measured');
    // Half-flux radius 1.6 px there: a Moffat profile of FWHM 3 to 4 px.
    assert.ok(psf!.fwhmPx > 2.5 && psf!.fwhmPx < 4.5, `FWHM ${psf!.fwhmPx}`);
    assert.ok(sources.flux[0]! > 1e4);
  });
});
