import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const debianFolder = '/usr/lib/postgresql';

/** Options for a test that needs Debian's PostgreSQL: skipped where it is not installed, unless programs are required. */
export const withPostgres: { skip: string | false } = {
  skip: process.env.BHTOM_EDGE_REQUIRE_PROGRAMS || existsSync(debianFolder) ? false : 'not installed: postgresql',
};

export interface RunningPostgres {
  /** The address of a database that is new and empty. */
  createDatabase(): Promise<string>;
  /** Ends the server as a power cut would, and starts it again on the same data. */
  crashAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a PostgreSQL server on a free port of loopback, with its data in a folder of its own. It writes to the disk as in earnest. */
export async function startPostgres(): Promise<RunningPostgres> {
  const version = readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a))[0]!;
  const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-postgres-'));
  const user = serverUser();
  if (user.uid !== undefined) {
    chmodSync(folder, 0o700);
    chownSync(folder, user.uid, user.gid!);
  }
  const data = join(folder, 'data');
  const program = (name: string, ...args: string[]) =>
    run(join(debianFolder, version, 'bin', name), args, {
      ...user,
      cwd: folder,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
  const port = await freePort();
  const start = () =>
    program(
      'pg_ctl',
      '-D',
      data,
      '-w',
      '-l',
      join(folder, 'log'),
      '-o',
      `-p ${port} -k ${folder} -h 127.0.0.1`,
      'start',
    );
  await program('initdb', '-D', data, '-U', 'hub', '-A', 'trust', '-E', 'UTF8', '--no-locale');
  await start();
  let count = 0;
  return {
    async createDatabase() {
      const name = `hub${++count}`;
      await program('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', 'hub', name);
      return `postgres://hub@127.0.0.1:${port}/${name}`;
    },
    async crashAndRestart() {
      await program('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
      await start();
    },
    async stop() {
      await program('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server refuses to run as root: then it runs as the user of Debian's package. */
function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {};
  const idOf = (kind: '-u' | '-g') => Number(spawnSync('id', [kind, 'postgres'], { encoding: 'utf8' }).stdout.trim());
  return { uid: idOf('-u'), gid: idOf('-g') };
}
