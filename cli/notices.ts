import { Command } from 'commander';
import { httpClient } from '../agent/centres/http.ts';
import { testNotice } from '../agent/notices/notice.ts';
import { openNoticeChannel } from '../agent/notices/registry.ts';
import { systemClock } from '../base/clock.ts';
import { describeError, EdgeError, TellOperator } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { endWith, exitCode } from './exit-code.ts';
import { UsageError } from './inputs.ts';
import { printable } from './printable.ts';
import { version } from './version.ts';

const patienceMs = 60_000;

export function command(): Command {
  const notices = new Command('notices').description('who is told of alarms: try the channels');
  notices.addCommand(
    new Command('test')
      .description('sends a test notice through the channels of the configuration')
      .argument('[channel...]', 'their ids; all where none is named')
      .requiredOption('--config <file>', 'the configuration (YAML)')
      .exitOverride()
      .action(test),
  );
  return notices;
}

async function test(ids: readonly string[], { config: path }: { readonly config: string }): Promise<void> {
  const { site, notices } = await loadConfig(path);
  const unknown = ids.find((id) => notices.channels.every((channel) => channel.id !== id));
  if (unknown !== undefined) throw new UsageError(`there is no notice channel "${unknown}"`);
  const chosen = notices.channels.filter(({ id }) => ids.length === 0 || ids.includes(id));
  if (chosen.length === 0) {
    throw new TellOperator('NO_CHANNELS', `${path} names no notice channel: see "notices" in docs/configuration.md.`);
  }
  const http = httpClient(`bhtom-edge ${version}`, systemClock);
  for (const config of chosen) {
    try {
      const channel = await openNoticeChannel(config, { http });
      await channel.send(testNotice(site.name, systemClock.nowMs()), AbortSignal.timeout(patienceMs));
      console.log(`${config.id}: sent`);
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      console.log(`${config.id}: NOT sent: ${printable(describeError(error))}`);
      endWith(exitCode.fault);
    }
  }
}
