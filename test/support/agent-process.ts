import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from './parcels.ts';

const program = join(import.meta.dirname, '../../bin/bhtom-edge.mjs');

/** A site on disk: its folder, configuration and watched folder. */
export interface SiteOnDisk {
  readonly folder: string;
  readonly config: string;
  readonly frames: string;
}

/** Writes a site whose token is `token`; `more` is further YAML, and `instrument` further keys of its instrument. */
export function siteOnDisk(
  t: TestContext,
  hubUrl: string,
  token: string,
  options: { site?: string; instrument?: string; more?: string; frames?: string; minFreeMb?: number } = {},
): SiteOnDisk {
  const folder = temporaryFolder(t);
  const { frames: framesName = 'frames' } = options;
  const frames = join(folder, framesName);
  mkdirSync(frames, { recursive: true });
  writeFileSync(join(folder, 'token'), `${token}\n`);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `
site: ${options.site ?? '{ name: here, latitudeDeg: 50, longitudeDeg: 20 }'}
dataDir: data
instruments: [{ id: main, folders: [${framesName}]${options.instrument ? `, ${options.instrument}` : ''} }]
destinations: [{ id: hub, kind: hub, url: "${hubUrl}", tokenFile: token }]
intake: { settleS: 0.2, rescanS: 2${options.minFreeMb === undefined ? '' : `, minFreeMb: ${options.minFreeMb}`} }
reduction: { threads: 1 }
${options.more ?? ''}
`,
  );
  return { folder, config, frames };
}

/** The program as a site runs it: one process, that can be killed and started anew. */
export class AgentProcess {
  readonly #command: readonly string[];
  #child: ChildProcess | undefined;
  #log = '';

  /** `command` starts the program in the place of `bhtom-edge run --config CONFIG`. */
  constructor(t: TestContext, config: string, command = [program, 'run', '--config', config]) {
    this.#command = command;
    t.after(() => this.kill());
  }

  /** Starts it and resolves when it says that it is ready. */
  async start(): Promise<void> {
    this.#spawn();
    await this.says('"msg":"ready"');
  }

  /** Starts it and resolves when it has ended by itself: how, and what it said. Kills it when it does not. */
  async startAndEnd(patienceMs = 30_000): Promise<{ code: number | null; said: string }> {
    const child = this.#spawn();
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    return { code, said: this.#log };
  }

  #spawn(): ChildProcess {
    this.#log = '';
    const child = spawn(process.execPath, this.#command, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    return child;
  }

  /** Resolves when the log of this run holds the text. */
  async says(text: string, patienceMs = 60_000): Promise<void> {
    for (let waitedMs = 0; !this.#log.includes(text); waitedMs += 20) {
      if (this.#child?.exitCode !== null) throw new Error(`the agent has ended:\n${this.#log}`);
      if (waitedMs > patienceMs) throw new Error(`the agent does not say ${text}:\n${this.#log.slice(-3000)}`);
      await sleep(20);
    }
  }

  /** As a power cut does. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As a service manager does. Gives the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child?.exitCode ?? null);
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return ended;
  }
}

/** Asks again and again until there is an answer. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, patienceMs = 90_000): Promise<T> {
  for (const startedMs = Date.now(); ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() - startedMs > patienceMs) throw new Error(`in vain: ${what}`);
    await sleep(100);
  }
}
