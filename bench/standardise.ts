/**
 * How often the filter is told right from the stars alone, band by band, on simulated frames with realistic colours
 * (test/support/stellar-colours.ts names the sources), and from real stars where a list of them is given. Right: the
 * true band alone, or in a named pair of bands.
 * node bench/standardise.ts [--sets NAME,NAME] [--n 100] [--seed 1] [--landolt nlandolt.dat]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../base/random.ts';
import { filters } from '../config/filters.ts';
import type { BandMagnitudes, ReferenceStars } from '../pipeline/standardisation/reference.ts';
import { type InstrumentalList, standardise } from '../pipeline/standardisation/standardise.ts';
import { type FrameChoices, simulateFrame } from '../test/support/simulated-frame.ts';

type Frame = { list: InstrumentalList; reference: ReferenceStars };
type Band = FrameChoices['band'];

interface Recipe {
  readonly bands: readonly Band[];
  readonly draw: (random: Random, band: Band) => Frame;
}

const allBands = ['u', 'g', 'r', 'i', 'z', 'U', 'B', 'V', 'R', 'I', 'G'] as const;
/** Spread of real filters' colour terms, magnitudes per magnitude of BP-RP; clear cameras differ most. */
const colourTermSpread = (band: Band): number => (band === 'G' ? 0.08 : band === 'u' || band === 'U' ? 0.04 : 0.03);

function simulated(change: (random: Random, band: Band) => Partial<FrameChoices>): Recipe['draw'] {
  return (random, band) =>
    simulateFrame(random.uint32(), {
      band,
      nStars: Math.round(30 * 10 ** (0.8 * random.uniform())),
      colourTerm: colourTermSpread(band) * random.normal(),
      ebv: 0.3 * random.uniform(),
      outliers: 0.03 + 0.1 * random.uniform(),
      brightG: 11.5 + random.uniform(),
      faintG: 15 + 2 * random.uniform(),
      zeroPoint: 22 + random.normal(),
      ...change(random, band),
    });
}

const recipes: Record<string, Recipe> = {
  usual: { bands: allBands, draw: simulated(() => ({})) },
  'exactly-30': { bands: allBands, draw: simulated(() => ({ nStars: 30 })) },
  'poor-flats': { bands: allBands, draw: simulated(() => ({ errorFloor: 0.03 })) },
  'strong-colour-terms': {
    bands: allBands,
    draw: simulated((random, band) => ({ colourTerm: 2 * colourTermSpread(band) * random.normal() })),
  },
  reddened: { bands: allBands, draw: simulated((random) => ({ ebv: 0.5 + random.uniform() })) },
  'third-outliers': { bands: allBands, draw: simulated(() => ({ outliers: 0.33 })) },
  'twelve-stars': { bands: allBands, draw: simulated(() => ({ nStars: 12 })) },
  'gaia-relations-only': {
    bands: ['g', 'r', 'i', 'z', 'B', 'V', 'R', 'I', 'G'],
    draw: simulated(() => ({ referenceBands: ['G', 'BP', 'RP'] })),
  },
};

const { values } = parseArgs({
  options: {
    sets: { type: 'string' },
    n: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    landolt: { type: 'string' },
  },
});
if (values.landolt !== undefined)
  recipes.landolt = { bands: ['U', 'B', 'V', 'R', 'I'], draw: landoltFrames(readFileSync(values.landolt, 'utf8')) };

console.log('set                   frames   right   alone (r R i I apart)   ms/frame   mistakes');
for (const name of values.sets?.split(',') ?? Object.keys(recipes)) {
  const recipe = recipes[name];
  if (!recipe) throw new Error(`no set ${name}; the sets are ${Object.keys(recipes).join(', ')}`);
  report(name, recipe, Number(values.n), new Random(Number(values.seed)));
}

function report(name: string, { bands, draw }: Recipe, perBand: number, random: Random): void {
  let right = 0;
  let alone = 0;
  let askedAlone = 0;
  const mistakes = new Map<string, number>();
  const startedMs = performance.now();
  for (const band of bands) {
    for (let n = 0; n < perBand; n++) {
      const { list, reference } = draw(random, band);
      const result = standardise(list, reference, { filters });
      const named =
        result.outcome === 'standardised' ? [result.verdict.band, ...result.verdict.ambiguousWith] : [result.outcome];
      const isRight = named.includes(band) && named.length <= 2;
      if (isRight) right++;
      else mistakes.set(`${band}:${named.join('')}`, (mistakes.get(`${band}:${named.join('')}`) ?? 0) + 1);
      if ('rRiI'.includes(band)) continue;
      askedAlone++;
      if (isRight && named.length === 1) alone++;
    }
  }
  const frames = bands.length * perBand;
  const ms = (performance.now() - startedMs) / frames;
  const worst = [...mistakes].sort((a, b) => b[1] - a[1]).slice(0, 6);
  console.log(
    `${name.padEnd(20)} ${String(frames).padStart(7)}  ${percent(right / frames)}  ${percent(alone / askedAlone)}` +
      `${ms.toFixed(1).padStart(26)}   ${worst.map(([what, times]) => `${what} ${times}`).join(', ')}`,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

/** Frames of 30 to 120 of Landolt's standards, real colours of real stars, as if they stood in one field. */
function landoltFrames(text: string): Recipe['draw'] {
  const stars = text.split('\n').flatMap((line) => {
    const [V, bv, ub, vr, , vi] = line.trim().split(/\s+/).slice(3, 9).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const star = { V, B: V + bv, U: V + bv + ub, R: V - vr, I: V - vi };
    return Object.values(star).every((mag) => Number.isFinite(mag) && Math.abs(mag) < 30) ? [star] : [];
  });
  return (random, band) => {
    const count = 30 + random.below(90);
    const drawn = Array.from({ length: count }, () => stars[random.below(stars.length)]!);
    const raDeg = Float64Array.from(drawn, () => 100 + random.uniform());
    const decDeg = Float64Array.from(drawn, () => random.uniform());
    const bands = new Map<string, BandMagnitudes>();
    for (const name of ['U', 'B', 'V', 'R', 'I'] as const) {
      const error = name === 'U' ? 0.03 : 0.01;
      const mag = Float64Array.from(drawn, (star) => star[name] + error * random.normal());
      bands.set(name, { mag, magErr: mag.map(() => error), derived: 0 });
    }
    const colourTerm = colourTermSpread(band) * random.normal();
    const mag = Float64Array.from(drawn, (star) => {
      const wrong = random.uniform() < 0.07 ? random.uniform() : 0;
      return star[band as 'V'] - 21 - colourTerm * 1.15 * (star.V - star.I - 0.8) - wrong + 0.015 * random.normal();
    });
    const list = { raDeg, decDeg, mag, magErr: mag.map(() => 0.015) };
    return { list, reference: { raDeg, decDeg, epochYear: 2016, bands } };
  };
}
