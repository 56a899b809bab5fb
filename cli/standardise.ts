import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { TellOperator } from '../base/errors.ts';
import { filters } from '../config/filters.ts';
import { bandOfFilter } from '../pipeline/standardisation/bands.ts';
import { contradiction, poorFit, priorsOf } from '../pipeline/standardisation/priors.ts';
import { instrumentalFrom, referenceFrom } from '../pipeline/standardisation/read-lists.ts';
import { type BandFit, type Standardisation, standardise } from '../pipeline/standardisation/standardise.ts';
import { readCsv } from '../pipeline/tables/read-csv.ts';
import { positive } from './options.ts';

interface Options {
  readonly catalogue: string;
  readonly filter?: string;
  readonly radius?: number;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('standardise')
    .description('put a list of instrumental magnitudes on a known system and tell its filter from the stars')
    .argument('<list>', 'CSV of ra,dec,mag,mag_err (degrees, magnitudes)')
    .requiredOption('--catalogue <csv>', 'reference stars: ra,dec and one column a band, with <band>_err where known')
    .option('--filter <name>', 'the filter as the header names it')
    .option('--radius <arcsec>', 'distance within which pairs are looked for', positive)
    .option('--json', 'one JSON object on standard output')
    .action(async (list: string, options: Options) => {
      const { answer, notes } = await standardiseFiles(list, options);
      for (const note of notes) console.error(note);
      console.log(options.json ? JSON.stringify(answer) : inWords(answer));
    });
}

/** The answer for programs: see `docs/standardisation.md`. */
export interface StandardiseAnswer {
  readonly file: string;
  readonly outcome: Standardisation['outcome'];
  readonly reason?: string;
  readonly verdict: {
    readonly band: string;
    readonly ambiguousWith: readonly string[];
    readonly margin: number;
  } | null;
  readonly bands: readonly object[];
  readonly best?: object;
  readonly nMatched?: number;
  readonly offsetArcsec?: readonly [number, number];
  readonly warnings: readonly string[];
}

async function standardiseFiles(
  list: string,
  options: Options,
): Promise<{ answer: StandardiseAnswer; notes: string[] }> {
  const notes: string[] = [];
  const stars = instrumentalFrom(readCsv(await textOf(list), list), list);
  const { reference, ignored } = referenceFrom(
    readCsv(await textOf(options.catalogue), options.catalogue),
    filters,
    options.catalogue,
  );
  if (ignored.length > 0) notes.push(`columns of ${options.catalogue} that mean nothing here: ${ignored.join(', ')}`);
  const meant = options.filter === undefined ? undefined : bandOfFilter(filters, options.filter);
  if (options.filter !== undefined && !meant) notes.push(`no known band goes by the name "${options.filter}"`);
  const result = standardise(stars, reference, {
    filters,
    priors: priorsOf(meant, {}),
    ...(options.radius !== undefined && { searchRadiusArcsec: options.radius }),
  });
  if (result.outcome !== 'standardised') {
    const { outcome, reason } = result;
    return { answer: { file: list, outcome, reason, verdict: null, bands: [], warnings: [] }, notes };
  }
  const warnings = [meant && contradiction(options.filter!, meant, result), poorFit(result)];
  const { band, ambiguousWith, margin } = result.verdict;
  const answer: StandardiseAnswer = {
    file: list,
    outcome: 'standardised',
    verdict: { band, ambiguousWith, margin: rounded(Math.min(margin, 1e6)) },
    bands: result.bands.map((fit) => ({ ...fitJson(fit), nDerived: fit.nDerived })),
    best: fitJson(result.best),
    nMatched: result.match.count,
    offsetArcsec: [rounded(result.match.offset.eastArcsec), rounded(result.match.offset.northArcsec)],
    warnings: warnings.filter((text) => text !== undefined),
  };
  return { answer, notes };
}

function fitJson(fit: BandFit): object {
  const { band, catalogue, system, model, zeroPoint, zeroPointErr, scatter, intrinsicScatter } = fit;
  const { nUsed, outlierFraction, colourTerm, spatial } = fit;
  return {
    ...{ band, catalogue, system, model, zeroPoint: rounded(zeroPoint), zeroPointErr: rounded(zeroPointErr) },
    ...{ scatter: rounded(scatter), intrinsicScatter: rounded(intrinsicScatter) },
    ...(colourTerm && {
      colourTerm: rounded(colourTerm.value),
      colourTermErr: rounded(colourTerm.error),
      colour: colourTerm.colour,
      colourPivot: rounded(colourTerm.pivot),
    }),
    ...(spatial && { spatial: spatial.map(rounded) }),
    ...{ nUsed, outlierFraction: rounded(outlierFraction) },
  };
}

function inWords({ outcome, reason, verdict, bands, nMatched, warnings }: StandardiseAnswer): string {
  if (!verdict) return `${outcome}: ${reason}`;
  const doubt = verdict.ambiguousWith.length > 0 ? `, not to be told from ${verdict.ambiguousWith.join(', ')}` : '';
  const rows = (
    bands as { band: string; zeroPoint: number; zeroPointErr: number; scatter: number; nUsed: number }[]
  ).map(
    (fit) =>
      `  ${fit.band.padEnd(2)}  zero point ${fit.zeroPoint.toFixed(3)} +- ${fit.zeroPointErr.toFixed(3)}` +
      `  scatter ${fit.scatter.toFixed(3)}  ${fit.nUsed} stars`,
  );
  return [`band ${verdict.band}${doubt}; ${nMatched} stars matched`, ...rows, ...warnings].join('\n');
}

const rounded = (value: number): number => Number(value.toFixed(5));

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TellOperator('UNREADABLE', `${path} cannot be read: check the name and its permissions.`, { cause });
  }
}
