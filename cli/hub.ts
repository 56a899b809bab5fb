import { Command, InvalidArgumentError } from 'commander';
import { makeLog } from '../agent/health/log.ts';
import { systemClock } from '../base/clock.ts';
import { startHub } from '../hub/hub.ts';
import type { StorePlace } from '../hub/open-stores.ts';
import { watchedTokens } from '../hub/tokens.ts';
import { UsageError } from './inputs.ts';
import { untilToldToStop } from './signals.ts';

interface Options {
  readonly port: number;
  readonly data?: string;
  readonly postgresEnv?: string;
  readonly tokenFile: string;
  readonly host: string;
}

export function command(): Command {
  return new Command('hub')
    .description('run a small central server: for a private network, a demonstration or tests')
    .requiredOption('--port <n>', 'port to listen at; 0 takes any free one', port)
    .option('--data <dir>', 'folder of its database (SQLite)')
    .option(
      '--postgres-env <name>',
      'environment variable that holds the address of a PostgreSQL database, in the place of --data',
    )
    .requiredOption('--token-file <file>', 'a line "SITE TOKEN" each; SITE * is the operator')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .action(async (options: Options) => {
      const log = makeLog({ level: 'info', format: 'auto' }, process.stderr.isTTY === true, systemClock);
      const hub = await startHub({
        port: options.port,
        host: options.host,
        ...placeOf(options),
        tokens: watchedTokens(options.tokenFile, systemClock, (err) =>
          log.error({ err }, 'the token file is left unread'),
        ),
        clock: systemClock,
        log,
      });
      console.log(hub.url);
      log.info({ signal: await untilToldToStop() }, 'hub stopping');
      await hub.close();
    });
}

/** The address of a database holds a password: it comes by the environment, never by the command line. */
function placeOf({ data, postgresEnv }: Options): StorePlace {
  if ((data === undefined) === (postgresEnv === undefined))
    throw new UsageError('give one of --data and --postgres-env');
  if (data !== undefined) return { dataDir: data };
  const postgres = process.env[postgresEnv!];
  if (!postgres) throw new UsageError(`the environment variable ${postgresEnv} is not set`);
  return { postgres };
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535');
}
