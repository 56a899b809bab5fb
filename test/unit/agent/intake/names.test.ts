import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFrameName, isPassingName } from '../../../../agent/intake/names.ts';

describe('the name of a file', () => {
  it('tells a frame by its ending, in any case', () => {
    for (const name of [
      'a.fits',
      'B.FIT',
      'c.fts',
      'd.fits.fz',
      'e.FZ',
      'f.fit.gz',
      'g.fits.bz2',
      'h.xisf',
      'M 31 é.Fits',
    ]) {
      assert.equal(isFrameName(`/night/${name}`), true, name);
    }
  });

  it('tells what is no frame, or not yet', () => {
    for (const name of [
      'a.fits.tmp',
      'b.fits.part',
      '.c.fits',
      '~d.fits',
      'e.jpg',
      'f.gz',
      'fits',
      'g.fits~',
      'h.cat.ecsv',
    ]) {
      assert.equal(isFrameName(`/night/${name}`), false, name);
    }
  });

  it('tells a name that will pass', () => {
    assert.equal(isPassingName('/n/0f8fad5b-d9cb-469f-a165-70867728950e.fits'), true);
    assert.equal(isPassingName('/n/0F8FAD5BD9CB469FA16570867728950E.FITS'), true);
    assert.equal(isPassingName('/n/M31_0f8fad5b-d9cb-469f-a165-70867728950e.fits'), false);
    assert.equal(isPassingName('/0f8fad5b-d9cb-469f-a165-70867728950e/M31.fits'), false);
  });
});
