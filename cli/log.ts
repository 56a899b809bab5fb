import { Command } from 'commander';
import { readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { count } from './options.ts';
import { printable } from './printable.ts';
import { since } from './since.ts';

interface Options {
  readonly config: string;
  readonly since?: number;
  readonly limit: number;
  readonly problems?: boolean;
  readonly json?: boolean;
}

const dayMs = 86_400_000;

export function command(): Command {
  return new Command('log')
    .description('what happened at this site, in the order of time: frames, masters, deliveries, requests, alarms')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--since <moment>', 'since then: 2026-11-30T18:00 (UTC), 12h, 3d; the last day where absent', since)
    .option('--limit <count>', 'the last so many at most', count, 500)
    .option('--problems', 'only what went wrong')
    .option('--json', 'one JSON object a line on stdout')
    .action(run);
}

async function run({ config, since: sinceMs, limit, problems = false, json }: Options): Promise<void> {
  const store = readStore((await loadConfig(config)).dataDir, systemClock);
  try {
    const entries = store.journal.since(sinceMs ?? systemClock.nowMs() - dayMs, limit, problems);
    for (const entry of entries) {
      const { atMs, kind, isProblem, subject, state, words } = entry;
      const time = new Date(atMs).toISOString();
      const line = `${time.slice(0, 19)}Z ${isProblem ? '!' : ' '} ${kind.padEnd(7)} ${subject}: ${state}${words ? `, ${words}` : ''}`;
      console.log(json ? JSON.stringify({ ...entry, time }) : printable(line));
    }
    if (entries.length === 0 && !json)
      console.log(problems ? 'nothing went wrong in that time' : 'nothing happened in that time');
  } finally {
    store.close();
  }
}
