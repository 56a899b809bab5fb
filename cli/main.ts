import { Command, CommanderError } from 'commander';
import { describeError, EdgeError } from '../base/errors.ts';
import { endWith, exitCode, exitCodeOf } from './exit-code.ts';
import { refuseUnknownOption } from './unknown-option.ts';

/** Every command, loaded only when it is the one asked for; completion is written out of all of them. */
const commands: Record<string, () => Promise<{ command(): Command }>> = {
  run: () => import('./run.ts'),
  status: () => import('./status.ts'),
  plan: () => import('./plan.ts'),
  init: () => import('./init.ts'),
  doctor: () => import('./doctor.ts'),
  cameras: () => import('./cameras.ts'),
  queue: () => import('./queue.ts'),
  log: () => import('./log.ts'),
  trace: () => import('./trace.ts'),
  export: () => import('./export.ts'),
  frames: () => import('./frames.ts'),
  retry: () => import('./retry.ts'),
  requests: () => import('./requests.ts'),
  attend: () => import('./attend.ts'),
  notices: () => import('./notices.ts'),
  reduce: () => import('./reduce.ts'),
  solve: () => import('./solve.ts'),
  catalogue: () => import('./catalogue.ts'),
  masters: () => import('./masters.ts'),
  standardise: () => import('./standardise.ts'),
  lightcurve: () => import('./lightcurve.ts'),
  stack: () => import('./stack.ts'),
  difference: () => import('./difference.ts'),
  hub: () => import('./hub.ts'),
  demo: () => import('./demo.ts'),
  completion: () => import('./completion.ts'),
  version: () => import('./version.ts'),
};

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('bhtom-edge')
    .description('The telescope-site agent of the BHTOM network: from the camera folder to acknowledged photometry.')
    .version((await import('./version.ts')).version, '-V, --version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: false });
  const asked = argv.find((word) => !word.startsWith('-'));
  const load = asked === undefined || asked === 'completion' ? undefined : commands[asked];
  for (const one of load ? [load] : Object.values(commands)) program.addCommand((await one()).command().exitOverride());
  refuseUnknownOption(program, argv);
  await program.parseAsync(argv, { from: 'user' });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    endWith(error.exitCode === 0 ? exitCode.done : exitCode.usage); // commander has said what is wrong
  } else if (error instanceof EdgeError) {
    console.error(`bhtom-edge: ${describeError(error)}`);
    endWith(exitCodeOf(error));
  } else {
    console.error(error);
    endWith(exitCodeOf(error));
  }
}
