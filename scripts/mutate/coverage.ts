import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface CoverageReport {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** What ran of each file (path from the root): stretches of characters, [start, end). */
export type Reach = Readonly<Record<string, readonly (readonly [start: number, end: number])[]>>;

export interface TestRun {
  /** Path from the root. */
  readonly file: string;
  readonly ms: number;
  readonly passed: boolean;
  readonly reach: Reach;
}

/** Whether one test file passes, alone and in time. */
export function passes(
  root: string,
  file: string,
  timeoutMs: number,
  env: Record<string, string> = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--test-force-exit', file], {
      cwd: root,
      env: { ...process.env, ...env },
      timeout: Math.ceil(timeoutMs),
      killSignal: 'SIGKILL',
      stdio: 'ignore',
    });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** Runs one test file under V8's own coverage: what it reached of the tree's files, in its child processes as well. */
export async function runWithCoverage(root: string, file: string, timeoutMs: number): Promise<TestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'mutate-'));
  const startMs = performance.now();
  try {
    const passed = await passes(root, file, timeoutMs, { NODE_V8_COVERAGE: folder });
    return { file, ms: performance.now() - startMs, passed, reach: reachOf(folder, root) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the characters at a place of a file ran. */
export function reached(reach: Reach, path: string, at: number): boolean {
  return reach[path]?.some(([start, end]) => start <= at && at < end) ?? false;
}

function reachOf(folder: string, root: string): Reach {
  const bits = new Map<string, Uint8Array>();
  for (const name of readdirSync(folder)) {
    const report = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CoverageReport;
    for (const { url, functions } of report.result) {
      if (!url.startsWith('file:')) continue;
      const path = relative(root, fileURLToPath(url));
      if (path.startsWith('..') || path.split(sep).includes('node_modules')) continue;
      // The module as a whole is the first range of the first function.
      const length = functions[0]?.ranges[0]?.endOffset ?? 0;
      const total = bits.get(path) ?? new Uint8Array(length);
      const own = new Uint8Array(length);
      // Ranges come outermost first: an inner range overrides what the outer one said of its characters.
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges) own.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      own.forEach((bit, index) => {
        if (bit) total[index] = 1;
      });
      bits.set(path, total);
    }
  }
  return Object.fromEntries([...bits].map(([path, total]) => [path, stretches(total)]));
}

function stretches(bits: Uint8Array): [number, number][] {
  const found: [number, number][] = [];
  for (let start = bits.indexOf(1); start >= 0; ) {
    const gap = bits.indexOf(0, start);
    const end = gap < 0 ? bits.length : gap;
    found.push([start, end]);
    start = bits.indexOf(1, end);
  }
  return found;
}
