import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { withPrograms } from '../../support/outside.ts';

const main = fileURLToPath(new URL('../../../bench/main.ts', import.meta.url));

test('the bench runs by itself and prints a line a scene', withPrograms('time'), () => {
  const args = [main, '--quick', '--scenes', 'undersampled', '--seeds', '2', '--threads', '1', '--no-peers'];
  const table = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' });
  const cells = table
    .split('\n')
    .find((line) => line.startsWith('| undersampled | bhtom-edge'))!
    .split('|');
  const [, , , wallS, cpuS, , , peakMb, complete, within3] = cells.map((cell) => Number(cell.trim()));
  assert.ok(wallS! > 0 && cpuS! > 0 && peakMb! > 30, table);
  assert.ok(complete! > 0.9 && complete! <= 1 && within3! > 0.9 && within3! <= complete!, table);
});
