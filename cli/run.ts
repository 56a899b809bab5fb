import { Command } from 'commander';
import type { LoadDevices } from '../agent/boot/robotic-unit.ts';
import { startDaemon } from '../agent/daemon.ts';
import { makeLog } from '../agent/health/log.ts';
import { systemClock } from '../base/clock.ts';
import { Random } from '../base/random.ts';
import { loadConfig } from '../config/load.ts';
import { endWith, exitCode } from './exit-code.ts';
import { untilToldToStop } from './signals.ts';
import { version } from './version.ts';

export function command(): Command {
  return new Command('run')
    .description('run the daemon: watch the folders, measure, deliver, observe')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .action(({ config }: { config: string }) => run(config));
}

/** Runs the daemon until the process is told to stop. Rejects with what kept it from running, or ended a part of it. */
export async function run(configPath: string, loadDevices?: LoadDevices): Promise<void> {
  const config = await loadConfig(configPath);
  const log = makeLog(config.log, process.stderr.isTTY === true, systemClock);
  const random = new Random(crypto.getRandomValues(new Uint32Array(1))[0]!);
  const told = untilToldToStop();
  const daemon = await startDaemon({
    config,
    clock: systemClock,
    random,
    log,
    version,
    ...(loadDevices && { loadDevices }),
  });
  const end = await Promise.race([told, daemon.fault.then((error) => ({ error }))]);
  log.info({ why: typeof end === 'string' ? end : 'fault' }, 'stopping');
  await daemon.stop();
  // A service manager starts it anew; what was under way is in the database.
  if (typeof end !== 'string') throw end.error;
  endWith(exitCode.done);
}
