import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { leapSeconds } from '../../../agent/leap-seconds.ts';
import { builtInLeapTable } from '../../../pipeline/time/leap.ts';

test('the list of the system serves where it reaches farther than our own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-leap-'));
  try {
    const path = join(folder, 'leap-seconds.list');
    const listUntil = (mjd: number) =>
      writeFileSync(path, `#@ ${(mjd - 15020) * 86400}\n2272060800 10\n3692217600 37\n`);
    assert.equal(await leapSeconds(path), builtInLeapTable, 'no list');
    listUntil(builtInLeapTable.validUntilMjd + 184);
    assert.equal((await leapSeconds(path)).validUntilMjd, builtInLeapTable.validUntilMjd + 184);
    listUntil(builtInLeapTable.validUntilMjd - 184);
    assert.equal(await leapSeconds(path), builtInLeapTable, 'an older list');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
