import { Command } from 'commander';

export function command(): Command {
  return new Command('completion')
    .description('completion for bash: eval "$(bhtom-edge completion)"')
    .action((_options: object, own: Command) => console.log(bashCompletion(own.parent!)));
}

interface Spelt {
  /** The words that lead to a command, without the program's name. */
  readonly path: string;
  readonly subcommands: readonly string[];
  readonly options: readonly string[];
  /** Options that take one of a few words. */
  readonly choices: readonly { readonly option: string; readonly words: readonly string[] }[];
}

/** The completion of a program, written out of its commands: bash needs to start nothing to complete a word. */
export function bashCompletion(program: Command): string {
  const all = speltOut(program, '');
  const cases = <Item>(items: readonly Item[], line: (item: Item) => string) => items.map(line).join('\n');
  const choices = all.flatMap(({ path, choices: own }) => own.map((one) => ({ path, ...one })));
  return `# bash completion of ${program.name()}; zsh takes it too after: autoload -U +X bashcompinit && bashcompinit
_bhtom_edge() {
  local path='' words='' here next i
  here="\${COMP_WORDS[COMP_CWORD]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
      ${all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join('|')}) path="$next" ;;
    esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${cases(choices, ({ path, option, words }) => `    '${path} ${option}') words='${words.join(' ')}' ;;`)}
  esac
  if [[ -z $words ]]; then
    case "$path" in
${cases(all, ({ path, subcommands, options }) => `      '${path}') words='${[...subcommands, ...options].join(' ')}' ;;`)}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$here"))
}
complete -o default -F _bhtom_edge ${program.name()}`;
}

function speltOut(command: Command, path: string): Spelt[] {
  const { commands, options } = command;
  const own: Spelt = {
    path,
    subcommands: commands.map((one) => one.name()),
    options: ['--help', ...options.flatMap(({ long }) => long ?? [])],
    choices: options.flatMap(({ long, argChoices }) =>
      long && argChoices ? [{ option: long, words: argChoices }] : [],
    ),
  };
  return [own, ...commands.flatMap((one) => speltOut(one, path === '' ? one.name() : `${path} ${one.name()}`))];
}
