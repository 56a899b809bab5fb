import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { saveNew } from '../../../../agent/exports/save.ts';
import { temporaryFolder } from '../../../support/parcels.ts';

const refuse = async () => {
  throw Object.assign(new Error('no links here'), { code: 'EPERM' });
};

describe('a file that is saved', () => {
  for (const [where, makeLink] of [
    ['', undefined],
    [' where there are no hard links', refuse],
  ] as const) {
    it(`is whole, and leaves nothing else behind${where}`, async (t) => {
      const folder = temporaryFolder(t);
      await saveNew(join(folder, 'a.csv'), 'content', makeLink);
      assert.deepEqual(readdirSync(folder), ['a.csv']);
      assert.equal(readFileSync(join(folder, 'a.csv'), 'utf8'), 'content');
    });

    it(`is never written over another one${where}`, async (t) => {
      const path = join(temporaryFolder(t), 'a.csv');
      writeFileSync(path, 'older');
      await assert.rejects(saveNew(path, 'newer', makeLink), { code: 'EXPORT_EXISTS' });
      assert.equal(readFileSync(path, 'utf8'), 'older');
    });
  }

  it('takes the place of an empty one that a save without hard links left when it broke off', async (t) => {
    const path = join(temporaryFolder(t), 'a.csv');
    writeFileSync(path, '');
    await saveNew(path, 'content', refuse);
    assert.equal(readFileSync(path, 'utf8'), 'content');
  });
});
