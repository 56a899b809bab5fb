import assert from 'node:assert/strict';
import { it } from 'node:test';
import { printable } from '../../../cli/printable.ts';

it('spells out what would steer a terminal and leaves every other sign alone', () => {
  assert.equal(printable('M31 ż\u{1f52d}\x1b[2J\x07\u009b.fits\n'), 'M31 ż\u{1f52d}\\x1b[2J\\x07\\x9b.fits\\x0a');
});
