import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ProgramEnd {
  readonly how: 'ended' | 'killed' | 'not started';
  readonly code: number | null;
  /** The last of what it wrote. */
  readonly tail: string;
}

const longestTail = 4000;

/**
 * Runs a program in a group of its own, with no input, and kills the whole group when its time is over, and what is left
 * of it when the program has ended: programs that start others, and that take their own limits lightly, leave nothing
 * behind.
 */
export function runProgram(
  path: string,
  args: readonly string[],
  { cwd, timeoutMs }: { readonly cwd: string; readonly timeoutMs: number },
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let tail = '';
    let killed = false;
    const child = spawn(path, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const hear = (text: string) => {
      tail = (tail + text).slice(-longestTail);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    const timer = setTimeout(() => {
      killed = true;
      killGroup(child.pid);
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ how: 'not started', code: null, tail: error.message });
    });
    // `exit`, not `close`: a grandchild may hold the pipes for ever.
    child.once('exit', (code) => {
      clearTimeout(timer);
      killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ how: killed ? 'killed' : 'ended', code, tail });
    });
  });
}

/** SIGKILL, which nobody can ignore, for every process of the group that `leader` began. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    // Nobody is left of it.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
