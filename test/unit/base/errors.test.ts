import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { describeError, Parked, RetryLater, TellOperator } from '../../../base/errors.ts';
import { readJson } from '../../../base/read-json.ts';

describe('an error', () => {
  it('bears the name of its reaction, its code and its words', () => {
    const error = new TellOperator('NO_DISK', 'The disk is gone.');
    assert.deepEqual(
      [error.name, error.code, error.message, error.reaction],
      ['TellOperator', 'NO_DISK', 'The disk is gone.', 'tell-operator'],
    );
    assert.equal(new RetryLater('LATER', 'Wait.', { notBeforeMs: 7 }).notBeforeMs, 7);
    assert.equal(new RetryLater('LATER', 'Wait.').notBeforeMs, undefined);
    assert.match(new Parked('P', 'No.').stack!, /^Parked: No\./);
  });

  it('is told with the causes that say more than it', () => {
    const root = new Error('ENOSPC');
    assert.equal(describeError(new Error('cannot write', { cause: root })), 'cannot write (ENOSPC)');
    assert.equal(describeError(new Error('cannot write: ENOSPC', { cause: root })), 'cannot write: ENOSPC');
    assert.equal(describeError(new Error('no cause')), 'no cause');
    assert.equal(describeError(new Error('odd', { cause: 404 })), 'odd (404)');
    assert.equal(describeError('a text'), 'a text');
    assert.equal(describeError(undefined), 'undefined');
    const chain = new Error('a', { cause: new Error('b', { cause: new Error('c') }) });
    assert.equal(describeError(chain), 'a (b (c))');
  });
});

describe('stored JSON', () => {
  const schema = z.object({ n: z.number() });
  it('is read by its schema, and what is wrong is told with its place', () => {
    assert.deepEqual(readJson(schema, '{"n":1}'), { value: { n: 1 } });
    assert.match(readJson(schema, '{"n":"x"}').unreadable!, /^n: .*number/);
    assert.match(readJson(schema, '7').unreadable!, /^(?!:).*object/);
    assert.match(readJson(schema, '{').unreadable!, /^it is not JSON: /);
    const nested = z.object({ a: z.object({ b: z.string() }) });
    assert.match(readJson(nested, '{"a":{}}').unreadable!, /^a\.b: /);
  });
});
