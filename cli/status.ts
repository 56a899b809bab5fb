import { Command } from 'commander';
import { type Status, siteStatus } from '../agent/status/status.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from './printable.ts';
import { runningInWords, storedInWords } from './status-in-words.ts';
import { version } from './version.ts';

export function command(): Command {
  return new Command('status')
    .description('how the agent is and what it did: asks the running daemon and reads the database')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--json', 'one JSON object on stdout')
    .action(async (options: { config: string; json?: boolean }) => {
      const status = await siteStatus(await loadConfig(options.config), systemClock, version);
      console.log(options.json ? JSON.stringify(status) : inWords(status).map(printable).join('\n'));
    });
}

function inWords({ site, atMs, warnings, running, notRunning, stored, notStored }: Status): string[] {
  return [
    `site ${site}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(running ? runningInWords(running, atMs) : [notRunning!]),
    ...(stored ? storedInWords(stored, running !== null) : [notStored!]),
  ];
}
