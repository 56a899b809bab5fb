import assert from 'node:assert/strict';
import test from 'node:test';
import { dialectTable } from '../../../config/dialects.ts';
import { headerOverridesSchema } from '../../../config/header-overrides.ts';
import { headerOverridesOf } from '../../../config/instrument.ts';
import { headerFromText } from '../../../pipeline/fits/header.ts';
import { resolveHeader } from '../../../pipeline/header/resolve.ts';

test('a site can state values, keywords and a dialect of its own', () => {
  const config = headerOverridesSchema.parse({
    values: { telescope: 'the 60 cm' },
    keywords: { filter: ['MYFILT', { keyword: 'WHEEL', confidence: 'low' }] },
    dialects: [{ id: 'ours', name: 'our script', recognise: [{ keyword: 'ORIGIN', pattern: '^ours' }], kelvin: true }],
  });
  const header = headerFromText("ORIGIN  = 'ours 2'\nWHEEL   = 'B'\nFILTER  = 'x'\nCCD-TEMP= 250\nTELESCOP= 'a'");
  const facts = resolveHeader(header, dialectTable, headerOverridesOf(config));
  assert.equal(facts.dialect, 'ours');
  assert.equal(facts.telescope?.value, 'the 60 cm');
  assert.deepEqual(facts.filter, { value: 'B', card: 'WHEEL', confidence: 'low' });
  assert.equal(facts.sensorTemperatureC?.value.toFixed(2), '-23.15');
});

test('what is wrong is named: unknown quantities, bad keywords, patterns that do not compile', () => {
  const issuesOf = (value: unknown) => JSON.stringify(headerOverridesSchema.safeParse(value).error?.issues ?? []);
  assert.match(issuesOf({ values: { gian: 1 } }), /gian/);
  assert.match(issuesOf({ keywords: { filter: ['far too long a keyword'] } }), /FITS keyword/);
  assert.match(
    issuesOf({ dialects: [{ id: 'x', name: 'x', recognise: [{ keyword: 'ORIGIN', pattern: '(' }] }] }),
    /not a regular expression/,
  );
  assert.equal(issuesOf({}), '[]');
});

test('our own table satisfies the schema that a site must satisfy', () => {
  assert.doesNotThrow(() => headerOverridesSchema.parse({ dialects: dialectTable.dialects }));
});
