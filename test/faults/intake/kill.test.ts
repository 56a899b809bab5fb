import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readStore, type Store } from '../../../agent/store/open.ts';
import { systemClock } from '../../../base/clock.ts';
import { Random } from '../../../base/random.ts';
import { pause, temporaryRoot, until } from '../../support/intake.ts';
import { smallFrame } from '../../support/small-frame.ts';

/** More of them: BHTOM_EDGE_KILLS=1000 node --test test/faults/intake/kill.test.ts */
const nKills = Number(process.env.BHTOM_EDGE_KILLS ?? 30);
const seed = Number(process.env.BHTOM_EDGE_SEED ?? 1);
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

interface World {
  readonly folder: string;
  readonly dataDir: string;
  /** Paths that hold each exposure. */
  readonly paths: Map<number, string[]>;
}

/** Drops frames into the folder in all the ways camera programs do, until told to stop. */
async function observe(world: World, random: Random, isOver: () => boolean): Promise<void> {
  for (let n = 1; !isOver(); n++) {
    const path = join(world.folder, `frame ${n}.fits`);
    const bytes = smallFrame({ seed: n });
    switch (random.below(4)) {
      case 0:
        await writeFile(path, bytes);
        break;
      case 1:
        await writeFile(join(world.folder, `${n}.fits.part`), bytes);
        await rename(join(world.folder, `${n}.fits.part`), path);
        break;
      case 2:
        await writeSlowly(path, bytes, false);
        break;
      default:
        await writeSlowly(path, bytes, true);
    }
    const paths = [path];
    world.paths.set(n, paths);
    if (random.uniform() < 0.2) {
      const copy = join(world.folder, `copy of ${n}.fits`);
      copyFileSync(path, copy);
      paths.push(copy);
    }
    await pause(random.uniform() * 120);
  }
}

async function writeSlowly(path: string, bytes: Buffer, reserve: boolean): Promise<void> {
  const file = await open(path, 'w');
  if (reserve) await file.truncate(bytes.length);
  for (let at = 0; at < bytes.length; at += 2000) {
    await file.write(bytes, at, Math.min(2000, bytes.length - at), at);
    await pause(25);
  }
  await file.close();
}

function startWorker(world: World): ChildProcess {
  return spawn(process.execPath, [worker, world.folder, world.dataDir], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** The ledger, once the worker has given it its tables. */
async function opened(dataDir: string, signal: AbortSignal): Promise<Store> {
  const store = readStore(dataDir, systemClock);
  await until(() => {
    try {
      return store.frames.counts() !== undefined;
    } catch (error) {
      if (/no such table/.test((error as Error).message)) return false;
      throw error;
    }
  }, signal);
  return store;
}

describe(`an intake killed ${nKills} times`, { timeout: 60_000 + 3000 * nKills }, () => {
  it('loses no frame and handles none twice', async (t) => {
    const root = temporaryRoot();
    const world: World = { folder: join(root, 'frames'), dataDir: join(root, 'data'), paths: new Map() };
    const random = new Random(seed);
    let isOver = false;
    const observing = observe(world, new Random(seed + 1), () => isOver);
    let said = '';
    const listen = (child: ChildProcess) =>
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });

    for (let kill = 0; kill < nKills; kill++) {
      const child = startWorker(world);
      listen(child);
      const ended = once(child, 'exit');
      await pause(150 + random.uniform() * 600);
      child.kill('SIGKILL');
      const [code, signal] = await ended;
      assert.equal(signal, 'SIGKILL', `the worker ended by itself with code ${code}: ${said}`);
    }
    isOver = true;
    await observing;

    const last = startWorker(world);
    listen(last);
    // On a busy machine every worker before may have been killed while it was still starting.
    await until(() => existsSync(join(world.dataDir, 'agent.sqlite')), t.signal);
    const store = await opened(world.dataDir, t.signal);
    const nFiles = [...world.paths.values()].flat().length;
    await until(() => {
      const counts = store.frames.counts();
      assert.equal(last.exitCode, null, said);
      return (counts.reduced ?? 0) + (counts.filed ?? 0) + (counts.rejected ?? 0) >= nFiles;
    }, t.signal);

    assert.deepEqual(store.frames.counts(), { reduced: world.paths.size, filed: nFiles - world.paths.size });
    for (const [n, paths] of world.paths) {
      const frames = paths.map((path) => store.frames.atPath('main', path)!);
      const [exposureId, ...others] = new Set(frames.map((frame) => frame.exposureId));
      assert.equal(others.length, 0, `frame ${n} has one exposureId`);
      assert.equal(store.reductions.byExposure(exposureId!).length, 1, `frame ${n} is reduced once`);
    }
    t.diagnostic(`${world.paths.size} exposures in ${nFiles} files, ${nKills} kills`);
    store.close();
    last.kill('SIGKILL');
    await once(last, 'exit');
    rmSync(root, { recursive: true, force: true });
  });
});
