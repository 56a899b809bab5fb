import { EdgeError } from '../base/errors.ts';

/** The exit codes of every command, as docs/operator.md tells them. */
export const exitCode = {
  done: 0,
  /** Something failed that may go well another time. */
  fault: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Only a person can mend it: the message says how. */
  operator: 3,
} as const;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof EdgeError)) return exitCode.fault;
  if (error.code === 'CONFIG_INVALID' || error.code === 'USAGE') return exitCode.usage;
  return error.reaction === 'tell-operator' ? exitCode.operator : exitCode.fault;
}

/** What is left over after the end of a command (a part that did not stop) may keep the process alive for so long. */
const graceMs = 2_000;

/**
 * Lets the process end with this code by itself, and ends it when it does not. A call to a file that never returns (a
 * network share that hangs) would hold up even `process.exit`: then the process is killed.
 */
export function endWith(code: number): void {
  process.exitCode = code;
  const end = () => {
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) process.kill(process.pid, 'SIGKILL');
    process.exit(code);
  };
  setTimeout(end, graceMs).unref();
}
