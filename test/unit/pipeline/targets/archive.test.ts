import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { type ArchivePoint, archiveWord } from '../../../../pipeline/targets/archive.ts';

function series(amplitude: number, band = 'V'): ArchivePoint[] {
  const random = new Random(3);
  return Array.from({ length: 40 }, (_, k) => ({
    ...{ mjd: 61000 + k, magErr: 0.02, band },
    mag: 15 + amplitude * Math.sin(k) + 0.02 * random.normal(),
  }));
}

it('an archive tells whether a target varies, beyond errors and zero points of a network', () => {
  assert.equal(archiveWord(series(0), { mjd: 61050, band: 'V' }).varied, false);
  assert.equal(archiveWord(series(0.3), { mjd: 61050, band: 'V' }).varied, true);
  assert.equal(archiveWord(series(0.3).slice(0, 4), { mjd: 61050, band: 'V' }).varied, false, 'too few to tell');
  // Two bands of different brightness are no variable.
  const colours = [...series(0), ...series(0, 'g').map((point) => ({ ...point, mag: point.mag + 1 }))];
  assert.equal(archiveWord(colours, { mjd: 61050, band: 'V' }).varied, false);
});

it('holds a measurement against the last detection before it, in its own band', () => {
  const limit: ArchivePoint = { mjd: 61039.5, mag: 18, magErr: Number.NaN, band: 'V' };
  const later: ArchivePoint = { mjd: 61060, mag: 13, magErr: 0.02, band: 'V' };
  const points = [...series(0), ...series(0, 'r'), limit, later];
  const word = archiveWord(points, { mjd: 61040, band: 'V', mag: 14, magErr: 0.03 });
  assert.deepEqual([word.nPoints, word.nDetections, word.inBand!.nDetections], [82, 81, 41]);
  assert.ok(Math.abs(word.last!.daysAgo - 1) < 1e-9 && Math.abs(word.last!.mag - 15) < 0.1);
  assert.ok(Math.abs(word.magDifference! + 1) < 0.1 && word.differenceSigma! < -15);
  const nothing = archiveWord(points, { mjd: 61040, band: 'U' });
  assert.deepEqual([nothing.inBand, nothing.last, nothing.magDifference], [undefined, undefined, undefined]);
});
