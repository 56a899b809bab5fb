import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../base/random.ts';
import { passes, reached, runWithCoverage, type TestRun } from './mutate/coverage.ts';
import { distancesFrom } from './mutate/distance.ts';
import { KnownRuns } from './mutate/known-runs.ts';
import { type Mutant, mutantsOf } from './mutate/mutants.ts';

/**
 * Mutation test: puts small faults into the code, one at a time, and runs the tests that reach the place. A fault that
 * all tests survive is a hole in them. Works on copies of the tree; takes a seeded sample where time is short.
 *
 *     npm run mutate -- [--minutes 20] [--seed 1] [--list] [FILE-OR-FOLDER...]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
});

/** Where a wrong line costs hardware, data or trust. */
const usualPlaces = [
  ...['agent/safety', 'agent/observing', 'agent/delivery', 'agent/store', 'hub', 'base'],
  ...['pipeline/fits', 'pipeline/time', 'pipeline/flags.ts'],
];
/** Tests that reach these places and end soon. */
const testFolders = [
  'unit',
  ...['integration/agent', 'integration/hub', 'integration/base', 'integration/protocol'],
  ...['faults/safety', 'faults/observing', 'faults/hub'],
];
const longestTestMs = 20_000;
/** A mutant runs against so many test files at most. */
const mostTests = 6;
const farthest = 2;

const root = resolve(import.meta.dirname, '..');
const startMs = performance.now();
const minutesUsed = () => (performance.now() - startMs) / 60_000;
const minutes = Number(options.minutes);

interface Placed extends Mutant {
  readonly path: string;
}
type Fate = 'killed' | 'survived' | 'not reached';

function filesIn(place: string, ending: string): string[] {
  const path = join(root, place);
  if (place.endsWith(ending)) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.endsWith('.d.ts'))
    .map((name) => join(path, name));
}

const places = positionals.length > 0 ? positionals : usualPlaces;
const sources = new Map(
  places.flatMap((place) => filesIn(place, '.ts')).map((path) => [path, readFileSync(path, 'utf8')]),
);
const mutants: Placed[] = [...sources].flatMap(([path, text]) =>
  mutantsOf(text).map((mutant) => ({ ...mutant, path })),
);
if (options.list) {
  for (const mutant of mutants) console.log(described(mutant));
  process.exit(0);
}

/** By test file, the files near to it. */
const distances = new Map(
  testFolders
    .flatMap((folder) => filesIn(join('test', folder), '.test.ts'))
    .map((file) => [file, distancesFrom(file, farthest)] as const),
);
const nearestTo = new Map([...sources.keys()].map((path) => [path, nearestTests(path)]));
const runs = await reachingTests();
const usable = runs.filter(({ passed }) => passed);
for (const { file } of runs.filter(({ passed }) => !passed))
  console.error(`left out, it fails or takes too long: ${file}`);
console.error(`${mutants.length} possible mutants, ${usable.length} test files, ${minutesUsed().toFixed(1)} min`);

const random = new Random(Number(options.seed));
const queue = shuffled(mutants);
const fates = new Map<Placed, Fate>();
await onAllWorkers(work);
report();

/** The test files that say most of a source: those of its own folder, then by steps of imports. */
function nearestTests(path: string): string[] {
  const folder = `/${dirname(relative(root, path))}/`;
  return [...distances]
    .flatMap(([file, near]) => {
      const steps = near.get(path);
      return steps === undefined ? [] : { file: relative(root, file), rank: file.includes(folder) ? 0 : steps };
    })
    .sort((a, b) => a.rank - b.rank || a.file.localeCompare(b.file))
    .slice(0, mostTests)
    .map(({ file }) => file);
}

/** What each test file reaches that is among the nearest to a source: as known from an earlier run, or by running it. */
async function reachingTests(): Promise<TestRun[]> {
  const known = new KnownRuns(root);
  const files = [...new Set([...nearestTo.values()].flat())];
  const found: TestRun[] = [];
  await onAllWorkers(async () => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const run = known.get(file) ?? (await runWithCoverage(root, file, longestTestMs));
      known.add(run);
      found.push(run);
    }
  });
  return found;
}

async function onAllWorkers(work: (index: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: availableParallelism() }, (_, index) => work(index)));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: random.uniform() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

async function work(index: number): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), `mutate-${index}-`));
  try {
    for (const name of readdirSync(root)) {
      if (name === 'node_modules') symlinkSync(join(root, name), join(copy, name));
      else if (!['.git', 'dist'].includes(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    while (minutesUsed() < minutes) {
      const mutant = queue.pop();
      if (mutant === undefined) return;
      fates.set(mutant, await fateOf(mutant, copy));
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function fateOf(mutant: Placed, copy: string): Promise<Fate> {
  const path = relative(root, mutant.path);
  const nearest = nearestTo.get(mutant.path)!;
  const reaching = usable.filter(({ file, reach }) => nearest.includes(file) && reached(reach, path, mutant.start));
  reaching.sort((a, b) => a.ms - b.ms);
  if (reaching.length === 0) return 'not reached';
  const text = sources.get(mutant.path)!;
  const place = join(copy, path);
  writeFileSync(place, text.slice(0, mutant.start) + mutant.text + text.slice(mutant.end));
  try {
    for (const { file, ms } of reaching) {
      if (!(await passes(copy, file, 4 * ms + 5000))) return 'killed';
    }
    return 'survived';
  } finally {
    writeFileSync(place, text);
  }
}

function described({ path, start, end, text, kind }: Placed): string {
  const source = sources.get(path)!;
  const line = source.slice(0, start).split('\n').length;
  const was = source.slice(start, end).replace(/\s+/g, ' ').slice(0, 60);
  return `${relative(root, path)}:${line} ${kind}: ${was} -> ${text || '(nothing)'}`;
}

function report(): void {
  const tally = (some: Iterable<Fate>) => {
    const all = [...some];
    const count = (fate: Fate) => all.filter((one) => one === fate).length;
    const [killed, survived, missed] = [count('killed'), count('survived'), count('not reached')];
    return `${((100 * killed) / Math.max(1, all.length)).toFixed(0).padStart(3)} % of ${all.length}: ${killed} killed, ${survived} survived, ${missed} not reached`;
  };
  for (const [mutant, fate] of fates) if (fate !== 'killed') console.log(`${fate}: ${described(mutant)}`);
  for (const place of places) {
    const own = [...fates].filter(([{ path }]) => path.startsWith(join(root, place))).map(([, fate]) => fate);
    if (own.length > 0) console.log(`${place.padEnd(24)} ${tally(own)}`);
  }
  console.log(
    `${'all'.padEnd(24)} ${tally(fates.values())} (${minutesUsed().toFixed(0)} min, ${mutants.length - fates.size} of the mutants not tried)`,
  );
}
