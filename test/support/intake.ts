import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Intake, type IntakeOptions } from '../../agent/intake/intake.ts';
import type { Patience } from '../../agent/intake/settle.ts';
import { openStore, type Store } from '../../agent/store/open.ts';
import { systemClock } from '../../base/clock.ts';

/** Everything is quick, so that a test is. */
export const impatience: Patience = { tellMs: 100, giveUpMs: 400, doubtMs: 400, unreadableMs: 150 };

export interface Site {
  readonly root: string;
  readonly folder: string;
  readonly dataDir: string;
  readonly store: Store;
  readonly intake: Intake;
  /** What the log said, parsed. */
  readonly log: { level: number; msg: string; file?: string }[];
  stop(): Promise<void>;
}

export interface SiteOptions extends Partial<Omit<IntakeOptions, 'instruments' | 'dataDir' | 'store' | 'settings'>> {
  readonly root?: string;
  readonly folders?: readonly string[];
  readonly polling?: boolean;
  readonly settleS?: number;
  readonly rescanS?: number;
  readonly minFreeMb?: number;
  readonly maxFileMb?: number;
  readonly codeVersion?: string;
}

/** A folder of its own below the system's temporary one. */
export function temporaryRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-intake-'));
  mkdirSync(join(root, 'frames'));
  return root;
}

/** A running intake on real disks. Ends the test when the intake meets a fault. */
export function startSite(options: SiteOptions = {}): Site {
  const { root = temporaryRoot(), folders, polling = false, settleS = 0.1, rescanS = 0.5, ...rest } = options;
  const { minFreeMb = 0, maxFileMb = 64, codeVersion = 'test', ...intakeOptions } = rest;
  const folder = join(root, 'frames');
  const dataDir = join(root, 'data');
  const lines: Site['log'] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const clock = options.clock ?? systemClock;
  const store = openStore(dataDir, clock, codeVersion);
  const intake = new Intake({
    instruments: [{ id: 'main', folders: folders ?? [folder], polling }],
    dataDir,
    settings: { settleS, rescanS, maxFileMb, minFreeMb },
    store,
    patience: impatience,
    pollMs: 100,
    ...intakeOptions,
    clock,
    log,
  });
  intake.start((error) => {
    throw error;
  });
  return {
    root,
    folder,
    dataDir,
    store,
    intake,
    log: lines,
    async stop() {
      await intake.close();
      store.close();
    },
  };
}

export async function stopAndRemove(site: Site): Promise<void> {
  await site.stop();
  rmSync(site.root, { recursive: true, force: true });
}

/** Waits until a condition holds; fails after a minute, which no passing test comes near: a wait without an end keeps the file alive. */
export async function until<Found>(look: () => Found | undefined | false, signal?: AbortSignal): Promise<Found> {
  const endMs = systemClock.monotonicMs() + 60_000;
  for (;;) {
    const found = look();
    if (found) return found;
    if (systemClock.monotonicMs() > endMs) throw new Error('waited in vain for a minute');
    await systemClock.sleep(15, signal);
  }
}

export const pause = (ms: number) => systemClock.sleep(ms);
