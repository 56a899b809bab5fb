import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../../base/random.ts';
import { temporaryFolder } from '../../../support/parcels.ts';
import { type TroubledWay, troubledWay, type WayFault } from '../../../support/troubled-way.ts';
import type { KillPoint, SoakTask } from './agent.ts';
import { type SoakKindName, type SoakServer, type Stored, soakKinds } from './kinds.ts';

export interface SoakOptions {
  readonly kind: SoakKindName;
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (done: number) => void;
}

/** What a campaign found. All but the counts of faults must be 0. */
export interface SoakReport {
  readonly frames: number;
  readonly parcels: number;
  readonly missing: number;
  readonly doubled: number;
  readonly spurious: number;
  readonly changed: number;
  /** A frame that was measured after all faults arrived. */
  readonly isFreshThere: boolean;
  /** Deaths by the point at which they came. */
  readonly deaths: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const points: readonly KillPoint[] = [
  ...(['random', 'checkpoint', 'stopped', 'claimed', 'bytes left', 'answered', 'settled'] as const),
];
const wayFaults: readonly WayFault[] = [
  ...(['cut before', 'cut after', 'half an answer', 'proxy page 200', 'proxy page 413', 'proxy page 502'] as const),
  ...(['proxy page 503', 'proxy page 504 after', 'silence', 'refused token'] as const),
];
/** Of the calls that meet trouble on the way. */
const troubledShare = 0.15;
/** Frames that are measured for each kill. */
const framesAKill = 3;
const hourMs = 3_600_000;
const longestEndS = 120;

/**
 * Kills the delivering part of an agent again and again, at random instants and at named points, with trouble on the way,
 * the centre killed too where it is a process, the log of the database torn, clocks an hour wrong and the process stopped for a while; then lets it
 * come to its end and compares what the centre has with what an undisturbed agent brings.
 */
export async function soak(t: TestContext, { kind: name, kills, seed, onKill }: SoakOptions): Promise<SoakReport> {
  const kind = soakKinds[name];
  const startedMs = performance.now();
  const startMs = Date.now();
  const random = new Random(seed);
  const frames = framesAKill * kills;
  const folder = temporaryFolder(t);
  const server = await kind.serve(t, folder, startMs);
  const way = await troubledWay(t, server.url);
  const faults: Record<string, number> = {};
  const deaths: Record<string, number> = {};
  const count = (of: Record<string, number>, what: string) => {
    of[what] = (of[what] ?? 0) + 1;
  };
  const task = (changes: Partial<SoakTask>): SoakTask => ({
    ...{ folder, kind: name, url: way.url, frames, point: 'none', after: 1, startMs, shiftMs: 0, seed, ...changes },
  });

  for (let kill = 0; kill < kills; kill++) {
    trouble(way, random, (fault) => count(faults, fault));
    const point = points[random.below(points.length)]!;
    const shiftMs = random.uniform() < 0.1 ? (random.uniform() < 0.5 ? hourMs : -hourMs) : 0;
    if (shiftMs !== 0) count(faults, 'clock an hour wrong');
    // No more is measured than so many kills allow: there is something left to deliver at each of them.
    const measured = framesAKill * (kill + 1);
    const agent = start(task({ frames: measured, point, shiftMs, after: 1 + random.below(3), seed: seed + kill }));
    const restarting = server.restart && random.uniform() < 0.1 ? restart(server, random) : undefined;
    if (restarting) count(faults, 'centre killed');
    const signal = await death(agent, point, random);
    if (signal === 'SIGKILL') count(deaths, point);
    if (signal === 'SIGKILL' && random.uniform() < 0.1 && tearLog(folder, random)) count(faults, 'log torn');
    await restarting;
    onKill?.(kill + 1);
  }
  way.faults.length = 0;
  await end(start(task({})));
  const before = await server.stored();
  await end(start(task({ frames: frames + 1 })));
  const after = await server.stored();

  const expected = await undisturbed(t, name, frames + 1);
  return {
    ...{ frames: frames + 1, parcels: expected.size, ...compare(after, expected) },
    isFreshThere: after.length > before.length,
    ...{ deaths, faults, seconds: Math.round((performance.now() - startedMs) / 1000) },
  };
}

function start(task: SoakTask): ChildProcess {
  return fork(join(import.meta.dirname, 'agent.ts'), [JSON.stringify(task)]);
}

/** Trouble for the next calls, in the place of what was left of the last. */
function trouble(way: TroubledWay, random: Random, onFault: (fault: string) => void): void {
  way.faults.length = 0;
  for (let call = 0; call < 30; call++) {
    const fault = random.uniform() < troubledShare ? wayFaults[random.below(wayFaults.length)]! : 'none';
    if (fault !== 'none') onFault(fault);
    way.faults.push(fault);
  }
}

/** Waits for the death of an agent, and brings it about where it does not do it itself. */
async function death(agent: ChildProcess, point: KillPoint, random: Random): Promise<string | null> {
  const ended = once(agent, 'exit') as Promise<[number | null, string | null]>;
  await Promise.race([once(agent, 'message'), ended]);
  const isByItself = !(['random', 'checkpoint', 'stopped'] as readonly KillPoint[]).includes(point);
  if (point === 'stopped') {
    await sleep(random.uniform() * 60);
    agent.kill('SIGSTOP');
    await sleep(300);
    agent.kill('SIGCONT');
  }
  const timer = setTimeout(() => agent.kill('SIGKILL'), isByItself ? 3000 : random.uniform() * 120);
  const [, signal] = await ended;
  clearTimeout(timer);
  return signal;
}

async function restart(server: SoakServer, random: Random): Promise<void> {
  await sleep(random.uniform() * 300);
  await server.restart!();
}

/** Puts the beginning of a write that never ended behind the log, as a power cut may leave it. Returns whether there was a log. */
function tearLog(folder: string, random: Random): boolean {
  const log = join(folder, 'agent.sqlite-wal');
  if (!existsSync(log)) return false;
  appendFileSync(
    log,
    Uint8Array.from({ length: 1 + random.below(6000) }, () => random.below(256)),
  );
  return true;
}

async function end(agent: ChildProcess): Promise<void> {
  const timer = setTimeout(() => agent.kill('SIGKILL'), longestEndS * 1000);
  const [code, signal] = (await once(agent, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`The agent that was left alone did not come to its end: ${code ?? signal}.`);
}

/** What a centre has of an agent that nothing happens to, by id. */
async function undisturbed(t: TestContext, name: SoakKindName, frames: number): Promise<Map<string, string>> {
  const kind = soakKinds[name];
  const folder = join(temporaryFolder(t), 'undisturbed');
  mkdirSync(folder);
  const startMs = Date.now();
  const server = await kind.serve(t, folder, startMs);
  await end(
    start({
      ...{ folder, kind: name, url: server.url, frames, point: 'none', after: 1, shiftMs: 0, seed: 1 },
      startMs,
    }),
  );
  return new Map((await server.stored()).map(({ id, content }) => [id, content]));
}

function compare(
  stored: readonly Stored[],
  expected: ReadonlyMap<string, string>,
): Pick<SoakReport, 'missing' | 'doubled' | 'spurious' | 'changed'> {
  const times = new Map<string, number>();
  let changed = 0;
  for (const { id, content } of stored) {
    times.set(id, (times.get(id) ?? 0) + 1);
    if (expected.has(id) && expected.get(id) !== content) changed++;
  }
  return {
    missing: [...expected.keys()].filter((id) => !times.has(id)).length,
    doubled: [...times.values()].reduce((sum, n) => sum + n - 1, 0),
    spurious: [...times.keys()].filter((id) => !expected.has(id)).length,
    changed,
  };
}
