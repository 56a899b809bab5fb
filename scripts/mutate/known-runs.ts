import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestRun } from './coverage.ts';

const path = join(tmpdir(), 'bhtom-edge-mutate-coverage.json');

type Kept = TestRun & { readonly hash: string };

/** Earlier runs under coverage, kept between calls: one stands for as long as no file that it loaded has changed. */
export class KnownRuns {
  readonly #root: string;
  readonly #runs: Map<string, Kept>;

  constructor(root: string) {
    this.#root = root;
    const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept[]) : [];
    this.#runs = new Map(kept.map((run) => [run.file, run]));
  }

  get(file: string): TestRun | undefined {
    const run = this.#runs.get(file);
    return run !== undefined && run.hash === this.#hash(run) ? run : undefined;
  }

  /** Keeps a run that passed; one that failed may do better next time. */
  add(run: TestRun): void {
    if (!run.passed) return;
    this.#runs.set(run.file, { ...run, hash: this.#hash(run) });
    writeFileSync(path, JSON.stringify([...this.#runs.values()]));
  }

  #hash({ file, reach }: TestRun): string {
    const hash = createHash('sha256');
    for (const name of [file, ...Object.keys(reach)].sort()) hash.update(name).update(textOf(join(this.#root, name)));
    return hash.digest('hex');
  }
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
