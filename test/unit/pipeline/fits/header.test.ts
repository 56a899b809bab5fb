import assert from 'node:assert/strict';
import test from 'node:test';
import { Header, headerFromText, parseHeader } from '../../../../pipeline/fits/header.ts';

const bytes = (...cards: string[]) => Buffer.from(cards.map((card) => card.padEnd(80)).join(''), 'latin1');

test('CONTINUE joins long strings and their comments', () => {
  const { header, ended } = parseHeader(
    bytes("LONG    = 'first &' / one", "CONTINUE  'second &'", "CONTINUE  'third' / two", 'END', 'AFTER   = 1'),
  );
  assert.equal(header.value('LONG'), 'first second third');
  assert.equal(header.card('LONG')?.comment, 'one two');
  assert.ok(ended);
  assert.equal(header.value('AFTER'), undefined);
});

test('the first of repeated keywords counts, and numbers may stand in strings', () => {
  const { header, ended } = parseHeader(bytes('GAIN    = 1', 'GAIN    = 2', "EXPTIME = ' 30.5 '", "FILTER  = 'V'"));
  assert.equal(header.number('GAIN'), 1);
  assert.equal(header.number('EXPTIME'), 30.5);
  assert.equal(header.number('FILTER'), undefined);
  assert.equal(header.string('GAIN'), undefined);
  assert.equal(ended, false);
});

test('an extension inherits what it lacks', () => {
  const own = headerFromText("FILTER  = 'R'");
  const merged = own.inherit(headerFromText("FILTER  = 'V'\nEXPTIME = 60\nEND\nGAIN    = 3"));
  assert.equal(merged.string('FILTER'), 'R');
  assert.equal(merged.number('EXPTIME'), 60);
  assert.equal(merged.number('GAIN'), undefined);
  assert.ok(merged instanceof Header);
});
