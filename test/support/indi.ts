import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunningIndiServer {
  readonly port: number;
  /** Ends the server at once, drivers and all. */
  kill(): Promise<void>;
}

/** Starts Debian's indiserver with simulated devices, such as `indi_simulator_ccd`; its settings lie in a folder of its own. */
export async function startIndiServer(
  drivers: readonly string[],
  port: number,
  folders: readonly string[] = [],
): Promise<RunningIndiServer> {
  const home = mkdtempSync(join(tmpdir(), 'indi-home-'));
  const child = spawn('indiserver', ['-p', String(port), '-u', join(home, 'indiserver'), '-r', '3', ...drivers], {
    env: { ...process.env, HOME: home, PATH: [...folders, process.env.PATH].join(':') },
    stdio: 'ignore',
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await sleep(300);
  return {
    port,
    async kill() {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch (error) {
        if ((error as { code?: string }).code !== 'ESRCH') throw error;
      }
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
