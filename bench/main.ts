/**
 * Measures simulated frames with this project and with the programs it may replace, and prints one table:
 *   npm run bench -- [--scenes sparse,crowded] [--seeds 2,3,4] [--quick] [--threads 2] [--no-peers] [--limit 300] [--write PAGE]
 * --quick cuts every scene to 600 pixels a side; --write makes docs/PAGE.md anew: photometry-bench (of the Moffat scenes, the
 * default), with its figures, or photometry-optics (--scenes optics).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { daophot } from './peers/daophot.ts';
import { ours } from './peers/ours.ts';
import type { Program } from './peers/program.ts';
import { photutils, sep } from './peers/python.ts';
import { sourceExtractor, sourceExtractorPsfex } from './peers/source-extractor.ts';
import { noCost, ProgramFailed, together } from './peers/timed.ts';
import { page } from './photometry/page.ts';
import { binTable, costTable, pullFigure, type SceneResult, scatterFigure } from './photometry/report.ts';
import { type Scene, sceneGroups, sceneNamed } from './photometry/scenes.ts';
import { scoreList } from './photometry/score.ts';
import { type BenchFrame, simulate, type Truth } from './photometry/simulate.ts';

const { values } = parseArgs({
  options: {
    scenes: { type: 'string', default: 'moffat' },
    seeds: { type: 'string', default: '2,3,4' },
    threads: { type: 'string', default: String(availableParallelism()) },
    limit: { type: 'string', default: '300' },
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: true },
    write: { type: 'string' },
  },
  allowNegative: true,
});
const scenes = values.scenes
  .split(',')
  .flatMap(namesOf)
  .map((name) => sceneNamed(name, values.quick));
const seeds = values.seeds.split(',').map(Number);
const limitS = Number(values.limit);
const product = ours(Number(values.threads));
const peers = values.peers ? [sourceExtractorPsfex, sourceExtractor, sep, photutils, daophot] : [];

const versions = [product, ...peers].map((program) => ({ program, version: program.version() }));
const programs = versions.filter(({ version }) => version !== undefined).map(({ program }) => program);
const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-bench-'));
try {
  const results = scenes.flatMap(runScene);
  const tables = { cost: costTable(results), bins: binTable(results) };
  const about = {
    command: `npm run bench -- --scenes ${values.scenes} --write ${values.write}`,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}`,
    programs: versions.map(({ program, version }) => `${program.name}: ${version ?? 'missing here'}`),
    scenes,
    seeds,
    quick: values.quick,
  };
  console.log(`${about.date}, ${about.machine}\n${about.programs.join('\n')}\n\n${tables.cost}\n\n${tables.bins}`);
  if (values.write !== undefined) writePage(values.write, results, about, tables);
} finally {
  rmSync(folder, { recursive: true });
}

/** The scenes of a group, or the one of that name. */
function namesOf(name: string): readonly string[] {
  return Object.hasOwn(sceneGroups, name) ? sceneGroups[name as keyof typeof sceneGroups] : [name];
}

function runScene(scene: Scene): SceneResult[] {
  let results: SceneResult[] = programs.map((program) => ({
    scene: scene.name,
    program: program.name,
    cost: noCost,
    nFrames: 0,
    stars: [],
    nListed: 0,
    nFalse: 0,
    failure: undefined,
  }));
  for (const seed of seeds) {
    const place = join(folder, `${scene.name}-${seed}`);
    const { frame, truth } = simulate(scene, seed, place);
    results = results.map((so, k) => (so.failure ? so : measured(so, programs[k]!, frame, truth, seed)));
    rmSync(place, { recursive: true });
  }
  return results;
}

function measured(so: SceneResult, program: Program, frame: BenchFrame, truth: Truth, seed: number): SceneResult {
  const failed = (failure: string): SceneResult => ({ ...so, failure });
  if (program.isTooSlowFor?.(frame)) return failed('not tried: needs minutes');
  const place = join(frame.folder, program.name.replaceAll(/\W+/g, '-'));
  mkdirSync(place);
  try {
    const { stars, cost } = program.measure(frame, place, limitS);
    const score = scoreList(stars, truth);
    if (!score) return failed('no bright stars in common with the truth');
    const { wallS, cpuS } = cost;
    console.error(
      `${so.scene} ${seed}: ${program.name} ${wallS.toFixed(1)} s, CPU ${cpuS.toFixed(1)} s, ${score.nListed} stars`,
    );
    return {
      ...so,
      cost: together(so.cost, cost),
      nFrames: so.nFrames + 1,
      stars: [...so.stars, ...score.stars],
      nListed: so.nListed + score.nListed,
      nFalse: so.nFalse + score.nFalse,
    };
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    console.error(`${so.scene} ${seed}: ${error.message}`);
    return failed(error.message.split('\n')[0]!.slice(0, 60).replaceAll('|', '/'));
  }
}

function writePage(
  name: string,
  results: readonly SceneResult[],
  about: Parameters<typeof page>[0],
  tables: Parameters<typeof page>[1],
): void {
  const docs = fileURLToPath(new URL('../docs/', import.meta.url));
  mkdirSync(join(docs, 'figures'), { recursive: true });
  const figures = [
    {
      file: 'crowded-scatter.svg',
      alt: 'Scatter over the bound against flux',
      svg: scatterFigure(results, 'crowded', product.name),
    },
    { file: 'pull-width.svg', alt: 'Width of the pulls against flux', svg: pullFigure(results, product.name) },
  ].filter(({ svg }) => svg !== undefined);
  for (const { file, svg } of figures) writeFileSync(join(docs, 'figures', file), svg!);
  writeFileSync(join(docs, `${name}.md`), page(about, tables, figures));
}
