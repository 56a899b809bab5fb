import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { leapSeconds } from '../../../agent/leap-seconds.ts';
import { builtInLeapTable } from '../../../pipeline/time/leap.ts';

const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-leap-'));
after(() => rmSync(folder, { recursive: true }));
const nowhere = join(folder, 'none');
const ownEnd = builtInLeapTable.validUntilMjd;

/** A list of the form the IERS publishes. */
function listUntil(mjd: number): string {
  const path = join(folder, `until-${mjd}.list`);
  writeFileSync(path, `#@ ${(mjd - 15020) * 86400}\n2272060800 10\n3692217600 37\n`);
  return path;
}

describe('leap seconds', () => {
  it("come from the system's list where it reaches farther than our own", async () => {
    assert.equal((await leapSeconds(undefined, nowhere)).table, builtInLeapTable);
    assert.equal((await leapSeconds(undefined, listUntil(ownEnd + 184))).table.validUntilMjd, ownEnd + 184);
    assert.equal((await leapSeconds(undefined, listUntil(ownEnd - 184))).table, builtInLeapTable, 'an older list');
  });

  it('come from the list that the operator gives where it reaches farthest', async () => {
    const system = listUntil(ownEnd + 184);
    const { table, warnings } = await leapSeconds(listUntil(ownEnd + 368), system);
    assert.deepEqual([table.validUntilMjd, warnings], [ownEnd + 368, []]);
    assert.equal((await leapSeconds(listUntil(ownEnd), system)).table.validUntilMjd, ownEnd + 184);
  });

  it('are never taken from a file that is no such list, and the operator hears of it', async () => {
    const wrong = join(folder, 'wrong.list');
    writeFileSync(wrong, '<html>not found</html>');
    for (const path of [wrong, nowhere]) {
      const { table, warnings } = await leapSeconds(path, nowhere);
      assert.equal(table, builtInLeapTable);
      assert.match(warnings.join(), /^reduction\.leapSecondsFile .* not used/);
    }
  });
});
