import { Parked } from '../../base/errors.ts';
import type { MasterSet } from '../../pipeline/calibration/master.ts';

export interface MasterFiles {
  readonly bias: readonly string[];
  readonly dark: readonly string[];
  readonly flat: readonly string[];
}

export async function loadMasters(
  files: MasterFiles,
  _facts: unknown,
): Promise<{ set: MasterSet; ids: readonly string[]; warnings: readonly string[] }> {
  if (files.bias.length + files.dark.length + files.flat.length > 0) throw new Parked('X', 'x');
  return { set: {}, ids: [], warnings: [] };
}
