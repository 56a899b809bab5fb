import { Command } from 'commander';

/** A command of a command, about the site of a configuration: `--config` is asked for, `--json` may be. */
export function siteCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--json', 'JSON on stdout')
    .exitOverride();
}
