import { Command } from 'commander';
import pino from 'pino';
import { centresOf } from '../agent/boot/centres.ts';
import type { OpenedDestination } from '../agent/doctor/centres.ts';
import { examine } from '../agent/doctor/doctor.ts';
import type { Finding } from '../agent/doctor/finding.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { Random } from '../base/random.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { endWith, exitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import { version } from './version.ts';

interface Options {
  readonly config: string;
  readonly ntp: string | false;
  readonly json?: true;
}

export function command(): Command {
  return new Command('doctor')
    .description('look at everything that a night needs, and say what to do about what is wrong; changes nothing')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--ntp <server>', 'the NTP server that the clock is held against', 'pool.ntp.org')
    .option('--no-ntp', 'ask no NTP server')
    .option('--json', 'one JSON object on stdout')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const findings = await examine({
    ...{ config, clock: systemClock, destinations: await openDestinations(config, systemClock) },
    ntpServer: options.ntp === false ? undefined : options.ntp,
  });
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const [nWrong, nDoubtful] = [count('wrong'), count('doubtful')];
  if (options.json) console.log(JSON.stringify({ ok: nWrong === 0, findings }));
  else {
    for (const finding of findings) for (const line of inWords(finding)) console.log(printable(line));
    console.log(`${findings.length} things looked at: ${nWrong} wrong, ${nDoubtful} doubtful`);
  }
  endWith(nWrong === 0 ? exitCode.done : exitCode.operator);
}

function inWords({ area, subject, state, words, remedy }: Finding): string[] {
  const mark = { well: 'well ', doubtful: 'DOUBT', wrong: 'WRONG' }[state];
  return [
    `${mark} ${area}${subject === '' ? '' : ` ${subject}`}: ${words}`,
    ...(remedy === null ? [] : [`      -> ${remedy}`]),
  ];
}

async function openDestinations(config: Config, clock: Clock): Promise<OpenedDestination[]> {
  const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!);
  const log = pino({ level: 'silent' });
  const centres = await centresOf({ config, software: `bhtom-edge ${version}`, clock, random, log });
  return centres.map((centre, at) => ({ destination: config.destinations[at]!, centre }));
}
