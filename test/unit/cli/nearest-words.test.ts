import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestWords } from '../../../cli/nearest-words.ts';

describe('words that may have been meant', () => {
  it('are those that a slip of the fingers leads to, the nearest first', () => {
    const words = ['--config', '--confirm', '--target', '--out', '--to'];
    assert.deepEqual(nearestWords('--confi', words), ['--config', '--confirm']);
    assert.deepEqual(nearestWords('--traget', words), ['--target']);
    assert.deepEqual(nearestWords('--Out', words), ['--out']);
  });

  it('are none where nothing is like it', () => {
    assert.deepEqual(nearestWords('--aperture', ['--config', '--json']), []);
    assert.deepEqual(nearestWords('', ['x']), ['x']);
  });
});
