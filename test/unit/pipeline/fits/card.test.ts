import assert from 'node:assert/strict';
import test from 'node:test';
import { cardText, parseCard } from '../../../../pipeline/fits/card.ts';

const card = (text: string) => parseCard(text.padEnd(80));

test('fixed and free format numbers, with the exponents Fortran writes', () => {
  assert.deepEqual(
    [
      'A       =                   12 / twelve',
      'A=12',
      'A       = 060.00 / s',
      'A       = +62.592',
      'A       = 1.5D-3',
      'A       = .5',
    ].map((text) => card(text).value),
    [12, undefined, 60, 62.592, 0.0015, 0.5],
  );
});

test('strings: quotes inside, no closing quote, a slash inside, trailing blanks', () => {
  assert.equal(card("OBJECT  = 'O''Brien / x  ' / name").value, "O'Brien / x");
  assert.equal(card("OBJECT  = 'O''Brien / x  ' / name").comment, 'name');
  assert.equal(card("OBJECT  = 'never closed").value, 'never closed');
  assert.equal(card("OBJECT  = ''").value, '');
});

test('logicals, undefined values, bare words, and commentary that looks like a value', () => {
  assert.equal(card('SIMPLE  =                    T').value, true);
  assert.equal(card('EXTEND  = F / no').value, false);
  assert.equal(card('BLANK   =  / nothing').value, undefined);
  assert.equal(card('DATE    = 2017-12-19').value, '2017-12-19');
  assert.equal(card("COMMENT = 'not a value'").value, undefined);
  assert.equal(card('HISTORY  Bias Subtraction').comment.trim(), 'Bias Subtraction');
});

test('HIERARCH keywords keep their words', () => {
  const parsed = card("HIERARCH iTelescope  PlateScaleH = '1.07'");
  assert.equal(parsed.keyword, 'ITELESCOPE PLATESCALEH');
  assert.equal(parsed.value, '1.07');
});

test('bytes outside ASCII are read as UTF-8 when they are that, else as Latin-1; NUL is blank', () => {
  assert.match(cardText(Buffer.from("OBSERVER= 'Łódź'")), /Łódź/);
  assert.match(cardText(Buffer.from("OBSERVER= 'Jos\xe9'", 'latin1')), /José/);
  assert.equal(parseCard(cardText(Buffer.from(`GAIN    = 7${'\0'.repeat(69)}`))).value, 7);
});
