import type { Command } from 'commander';
import { nearestWords } from './nearest-words.ts';

/**
 * Ends with a usage error at the first word that looks like an option and is none of its command, with those that may
 * have been meant. Commander itself would first ask for the option that is missing because it was misspelt.
 */
export function refuseUnknownOption(program: Command, words: readonly string[]): void {
  let command = program;
  const known = new Set(['--help', ...longNames(program)]);
  for (const [i, word] of words.entries()) {
    if (word === '--') return;
    if (isValueOf(command, words[i - 1])) continue;
    if (!word.startsWith('-')) {
      command = command.commands.find((one) => one.name() === word) ?? command;
      for (const name of longNames(command)) known.add(name);
    } else if (word.startsWith('--') && command !== program && command.commands.length === 0) {
      const [name] = word.split('=') as [string];
      if (known.has(name)) continue;
      const near = nearestWords(name, known);
      const hint = near.length > 0 ? `\n(Did you mean ${near.join(', ')}?)` : '';
      program.error(`error: unknown option '${name}'${hint}`, { code: 'commander.unknownOption' });
    }
  }
}

function longNames({ options }: Command): string[] {
  return options.flatMap(({ long }) => long ?? []);
}

/** Whether a word follows an option that takes one. */
function isValueOf({ options }: Command, before: string | undefined): boolean {
  return options.some((option) => (option.long === before || option.short === before) && option.required);
}
