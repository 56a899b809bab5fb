import { Command } from 'commander';
import { type Status, siteStatus } from '../agent/status/status.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from './printable.ts';
import { untilToldToStop } from './signals.ts';
import { runningInWords, storedInWords } from './status-in-words.ts';
import { version } from './version.ts';

interface Options {
  readonly config: string;
  readonly json?: true;
  readonly watch?: true;
}

const watchMs = 2000;
/** Takes the cursor to the top left and clears the screen (ECMA-48: CUP, ED). */
const clearScreen = '\x1b[H\x1b[2J';

export function command(): Command {
  return new Command('status')
    .description('how the agent is and what it did: asks the running daemon and reads the database')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--watch', 'show it anew every two seconds, until Ctrl-C')
    .option('--json', 'one JSON object on stdout; with --watch one a line')
    .action(run);
}

async function run({ config: path, json, watch }: Options): Promise<void> {
  const config = await loadConfig(path);
  const show = async () => {
    const status = await siteStatus(config, systemClock, version);
    const text = json ? JSON.stringify(status) : inWords(status).map(printable).join('\n');
    console.log(watch && !json && process.stdout.isTTY ? clearScreen + text : text);
  };
  if (!watch) return show();
  const stopping = new AbortController();
  void untilToldToStop().then(() => stopping.abort());
  while (!stopping.signal.aborted) {
    await show();
    await systemClock.sleep(watchMs, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
  }
}

function inWords({ site, atMs, warnings, running, notRunning, stored, notStored }: Status): string[] {
  return [
    `site ${site}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(running ? runningInWords(running, atMs) : [notRunning!]),
    ...(stored ? storedInWords(stored, running !== null) : [notStored!]),
  ];
}
