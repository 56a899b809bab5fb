import type { Cost } from '../peers/timed.ts';
import { type Figure, lineFigure } from './figure.ts';
import { robustWidth, type StarScore, type Summary, summarise } from './score.ts';

/** What one program did on all frames of one scene. */
export interface SceneResult {
  readonly scene: string;
  readonly program: string;
  /** Sum of seconds over the frames, largest memory of any. */
  readonly cost: Cost;
  readonly nFrames: number;
  readonly stars: readonly StarScore[];
  readonly nListed: number;
  readonly nFalse: number;
  /** Why a frame has no result. */
  readonly failure: string | undefined;
}

/** The program whose seconds are the unit of the ratios. */
const yardstick = 'source-extractor + psfex';
const bins = [
  [5, 10],
  [10, 30],
  [30, 100],
  [100, 300],
  [300, Number.POSITIVE_INFINITY],
] as const;

/** One line a scene and program: what it costs and how well it does on stars of signal to noise over 10. */
export function costTable(results: readonly SceneResult[]): string {
  const head = [
    'scene',
    'program',
    'wall s',
    'CPU s',
    'CPU / sex+psfex CPU',
    'wall / sex+psfex CPU',
    'peak MB',
    'complete',
    'within 3 bounds',
    'false',
    'scatter / bound',
    'pull width',
  ];
  const rows = results.map((result) => {
    const { scene, program, cost, nFrames, failure } = result;
    if (failure !== undefined) return [scene, program, ...Array(5).fill('-'), failure, ...Array(4).fill('-')];
    const unit = results.find((other) => other.scene === scene && other.program === yardstick && !other.failure)?.cost;
    const { completeness, within3, scatterOverBound, pullWidth } = summarise(above(result.stars, 10));
    return [
      scene,
      program,
      (cost.wallS / nFrames).toFixed(2),
      (cost.cpuS / nFrames).toFixed(2),
      unit ? (cost.cpuS / unit.cpuS).toFixed(2) : '-',
      unit ? (cost.wallS / unit.cpuS).toFixed(2) : '-',
      cost.peakMb.toFixed(0),
      number(completeness, 3),
      number(within3, 3),
      percent(result.nFalse / Math.max(1, result.nListed), 2),
      number(scatterOverBound, 2),
      number(pullWidth, 2),
    ];
  });
  return markdown(head, rows);
}

/** One line a scene, program and flux bin. */
export function binTable(results: readonly SceneResult[]): string {
  const head = [
    'scene',
    'program',
    'S/N',
    'true stars',
    'complete',
    'within 3 bounds',
    'bias',
    'scatter / bound',
    'pull width',
  ];
  const rows = results
    .filter(({ failure }) => failure === undefined)
    .flatMap(({ scene, program, stars }) =>
      bins.map(([low, high]) => {
        const some: Summary = summarise(above(stars, low).filter(({ signalToNoise }) => signalToNoise < high));
        const name = Number.isFinite(high) ? `${low}-${high}` : `over ${low}`;
        return [
          scene,
          program,
          name,
          String(some.nTrue),
          number(some.completeness, 3),
          number(some.within3, 3),
          percent(some.bias, 2),
          number(some.scatterOverBound, 2),
          number(some.pullWidth, 2),
        ];
      }),
    );
  return markdown(head, rows);
}

/** Scatter over the bound against flux for one scene, a line a program; undefined without results. */
export function scatterFigure(results: readonly SceneResult[], scene: string, strongest: string): string | undefined {
  const some = results.filter((result) => result.scene === scene && result.stars.length > 0);
  return drawn({
    title: `Scatter of fluxes over the Cramér-Rao bound: scene ${scene}`,
    xLabel: 'electrons of the star',
    yLabel: 'robust scatter / bound',
    yRange: [0.5, 4],
    yTicks: [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4],
    band: [0.95, 1.05],
    strongest,
    series: some.map(({ program, stars }) => ({
      name: program,
      points: byFlux(stars, 4, 25, ({ errorOverBound }) => errorOverBound),
    })),
  });
}

/** Width of one program's pulls against flux, a line a scene; undefined without results. */
export function pullFigure(results: readonly SceneResult[], program: string): string | undefined {
  const some = results.filter((result) => result.program === program && result.stars.length > 0);
  return drawn({
    title: `Are the error bars true? (measured - true) / error of ${program}`,
    xLabel: 'electrons of the star',
    yLabel: 'robust width of the pulls',
    yRange: [0.5, 1.6],
    yTicks: [0.6, 0.8, 1, 1.2, 1.4, 1.6],
    band: [0.9, 1.1],
    series: some.map(({ scene, stars }) => ({ name: scene, points: byFlux(stars, 2, 60, ({ pull }) => pull) })),
  });
}

function drawn(figure: Figure): string | undefined {
  const points = figure.series.flatMap((series) => series.points.filter(([, y]) => Number.isFinite(y)));
  return points.length > 1 ? lineFigure(figure) : undefined;
}

/** Robust width of a value of the stars of signal to noise over 5, in bins of flux; NaN below `fewest` measured stars. */
function byFlux(
  stars: readonly StarScore[],
  binsPerDecade: number,
  fewest: number,
  value: (star: StarScore) => number,
): [electrons: number, width: number][] {
  const found = stars.filter((star) => star.found && star.signalToNoise > 5 && Number.isFinite(value(star)));
  const byBin = Map.groupBy(found, ({ electrons }) => Math.floor(binsPerDecade * Math.log10(electrons)));
  return [...byBin]
    .sort(([a], [b]) => a - b)
    .map(([bin, members]) => [
      10 ** ((bin + 0.5) / binsPerDecade),
      members.length >= fewest ? robustWidth(members.map(value)) : Number.NaN,
    ]);
}

const above = (stars: readonly StarScore[], least: number) =>
  stars.filter(({ signalToNoise }) => signalToNoise >= least);
const number = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
const percent = (value: number, digits: number) =>
  Number.isFinite(value) ? `${(100 * value).toFixed(digits)} %` : '-';

/** A Markdown table whose columns line up, so that it can be read as text too. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k]!.length)));
  const lineOf = (row: readonly string[]) => `| ${row.map((cell, k) => cell.padEnd(widths[k]!)).join(' | ')} |`;
  return [lineOf(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(lineOf)].join('\n');
}
