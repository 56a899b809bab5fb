import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';

/** The version of this program, from the nearest package.json above this file (a clone's or the package's). */
export const version = readVersion();

function readVersion(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    if (dirname(folder) === folder) return 'unknown';
  }
}

export function command(): Command {
  return new Command('version')
    .description('print the versions of the program and of what it runs on')
    .option('--json', 'one JSON object')
    .action((options: { json?: boolean }) => {
      const facts = { version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
      console.log(
        options.json ? JSON.stringify(facts) : `bhtom-edge ${facts.version} (Node ${facts.node}, ${facts.platform})`,
      );
    });
}
