import { Command, InvalidArgumentError } from 'commander';
import { makeLog } from '../agent/health/log.ts';
import { systemClock } from '../base/clock.ts';
import { startHub } from '../hub/hub.ts';
import { watchedTokens } from '../hub/tokens.ts';
import { untilToldToStop } from './signals.ts';

export function command(): Command {
  return new Command('hub')
    .description('run a small central server: for a private network, a demonstration or tests')
    .requiredOption('--port <n>', 'port to listen at; 0 takes any free one', port)
    .requiredOption('--data <dir>', 'folder of its database')
    .requiredOption('--token-file <file>', 'a line "SITE TOKEN" each; SITE * is the operator')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .action(async (options: { port: number; data: string; tokenFile: string; host: string }) => {
      const log = makeLog({ level: 'info', format: 'auto' }, process.stderr.isTTY === true, systemClock);
      const hub = await startHub({
        port: options.port,
        host: options.host,
        dataDir: options.data,
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

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535');
}
