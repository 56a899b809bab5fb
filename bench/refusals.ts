/**
 * Measures simulated frames that are fields of stars and frames that are none, and prints how many of each kind were refused,
 * flagged and measured as good:
 *   node bench/refusals.ts [--seed 1] [--frames 10] [--only good|bad] [--kind 'rings HFR 4'] [--list]
 * --seed picks the draw, --frames how many of each kind; --list tells of each frame that came out wrong how to draw it again.
 */
import { parseArgs } from 'node:util';
import { Random } from '../base/random.ts';
import { badKinds } from './refusals/bad-frames.ts';
import { goodKinds } from './refusals/good-frames.ts';
import type { FrameKind } from './refusals/kinds.ts';
import { type Verdict, verdictOf } from './refusals/verdict.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    frames: { type: 'string', default: '10' },
    only: { type: 'string' },
    kind: { type: 'string', default: '' },
    list: { type: 'boolean', default: false },
  },
});
const [seed, nFrames] = [Number(values.seed), Number(values.frames)];

const groups = [
  { title: 'bad', kinds: badKinds, isWrong: ({ kind }: Verdict) => kind === 'good' },
  { title: 'good', kinds: goodKinds, isWrong: ({ kind }: Verdict) => kind === 'refused' },
].filter(({ title }) => values.only === undefined || values.only === title);

for (const { title, kinds, isWrong } of groups) {
  console.log(`\n| ${title} frames | frames | refused | flagged | good |\n|---|---|---|---|---|`);
  const all: Verdict[] = [];
  for (const kind of kinds.filter(({ name }) => name.startsWith(values.kind))) {
    const verdicts = await verdictsOf(kind, isWrong);
    all.push(...verdicts);
    printRow(kind.name, verdicts);
  }
  printRow('all', all);
}

/** Each frame has a seed of its own, so that one can be drawn again alone. */
async function verdictsOf({ name, draw }: FrameKind, isWrong: (verdict: Verdict) => boolean): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let k = 0; k < nFrames; k++) {
    const verdict = await verdictOf(draw(new Random(frameSeed(name, k))));
    verdicts.push(verdict);
    if (!values.list || !isWrong(verdict)) continue;
    const { kind, why, nSources, fwhmPx, nPsfStars } = verdict;
    console.error(
      `${name} #${k}: ${kind} ${why}, ${nSources} sources, FWHM ${fwhmPx?.toFixed(2)}, ${nPsfStars} PSF stars`,
    );
  }
  return verdicts;
}

function frameSeed(name: string, k: number): number {
  let hash = seed;
  for (const character of `${name}#${k}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

function printRow(name: string, verdicts: readonly Verdict[]): void {
  const count = (kind: Verdict['kind']) => verdicts.filter((verdict) => verdict.kind === kind).length;
  console.log(`| ${name} | ${verdicts.length} | ${count('refused')} | ${count('flagged')} | ${count('good')} |`);
}
