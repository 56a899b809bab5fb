import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface CoverageReport {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** Characters of a file that ran, as a bit for each. */
export type Reach = ReadonlyMap<string, Uint8Array>;

export interface TestRun {
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
    const child = spawn(process.execPath, ['--test', '--test-force-exit', file], {
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

/** Runs one test file under V8's own coverage: which characters of the files in `lengths` (path to length) it reached. */
export async function runWithCoverage(
  root: string,
  file: string,
  lengths: ReadonlyMap<string, number>,
  timeoutMs: number,
): Promise<TestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'mutate-'));
  const startMs = performance.now();
  try {
    const passed = await passes(root, file, timeoutMs, { NODE_V8_COVERAGE: folder });
    return { file, ms: performance.now() - startMs, passed, reach: reachOf(folder, lengths) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function reachOf(folder: string, lengths: ReadonlyMap<string, number>): Reach {
  const reach = new Map<string, Uint8Array>();
  for (const name of readdirSync(folder)) {
    const report = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CoverageReport;
    for (const { url, functions } of report.result) {
      if (!url.startsWith('file:')) continue;
      const path = fileURLToPath(url);
      const length = lengths.get(path);
      if (length === undefined) continue;
      const total = reach.get(path) ?? new Uint8Array(length);
      const own = new Uint8Array(length);
      // Ranges come outermost first: an inner range overrides what the outer one said of its characters.
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges) own.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      own.forEach((bit, index) => {
        if (bit) total[index] = 1;
      });
      reach.set(path, total);
    }
  }
  return reach;
}
