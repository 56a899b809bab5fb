import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a run cost. */
export interface Cost {
  readonly wallS: number;
  /** User and system time of all processes and threads. */
  readonly cpuS: number;
  /** Largest resident set of one process. */
  readonly peakMb: number;
}

export const noCost: Cost = { wallS: 0, cpuS: 0, peakMb: 0 };

/** Raised when a program fails or runs out of time: the bench names it and goes on. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
}

const gnuTime = '/usr/bin/time';

/** Runs a command under GNU time, one thread of linear algebra allowed. @throws ProgramFailed */
export function timed(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly limitS: number },
): Cost {
  if (!existsSync(gnuTime)) throw new Error(`the bench needs GNU time (${gnuTime}; Debian package time)`);
  const record = join(options.cwd, 'time.txt');
  const done = spawnSync(
    gnuTime,
    ['-q', '-f', '%e %U %S %M', '-o', record, 'timeout', String(options.limitS), command, ...args],
    {
      cwd: options.cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    },
  );
  if (done.status === 124) throw new ProgramFailed(`${command} took over ${options.limitS} s`);
  if (done.status !== 0)
    throw new ProgramFailed(`${command} failed: ${`${done.stdout}${done.stderr}`.trim().slice(-400)}`);
  const [wall, user, system, kilobytes] = readFileSync(record, 'utf8').trim().split(' ').map(Number);
  return { wallS: wall!, cpuS: user! + system!, peakMb: kilobytes! / 1024 };
}

/** Two runs one after the other. */
export function together(a: Cost, b: Cost): Cost {
  return { wallS: a.wallS + b.wallS, cpuS: a.cpuS + b.cpuS, peakMb: Math.max(a.peakMb, b.peakMb) };
}

/** Whether a command stands on the search path. */
export function installed(command: string): boolean {
  return spawnSync('which', [command]).status === 0;
}

/** First line that a command prints about its version. */
export function firstLine(command: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')[0] ?? '';
}
