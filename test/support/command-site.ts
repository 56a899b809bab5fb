import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './parcels.ts';

const program = join(import.meta.dirname, '../../bin/bhtom-edge.mjs');

/** A site at 50 north and 20 east with a folder of its own, for commands that read its database; `more` is further YAML. */
export function commandSite(t: TestContext, more = '') {
  const folder = temporaryFolder(t);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 20 }\ndataDir: ${folder}\ninstruments: [{ folders: [${folder}/frames] }]\n${more}`,
  );
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [program, ...words, '--config', config], { encoding: 'utf8' });
  return { folder, config, run };
}
