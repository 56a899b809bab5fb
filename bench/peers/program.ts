import type { BenchFrame } from '../photometry/simulate.ts';
import type { Cost } from './timed.ts';

/** Stars as a program lists them. Positions are 0-based pixels; flux in the program's own unit. */
export interface StarList {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly flux: Float64Array;
  readonly fluxErr: Float64Array;
}

/** A program that turns a frame into a list of stars. */
export interface Program {
  readonly name: string;
  /** Version as the program tells it; undefined when it is not installed. */
  version(): string | undefined;
  /** Frames that it is not tried on, because it needs minutes for them. */
  isTooSlowFor?(frame: BenchFrame): boolean;
  /** Measures a frame in an empty working folder. @throws ProgramFailed */
  measure(frame: BenchFrame, folder: string, limitS: number): { stars: StarList; cost: Cost };
}

/** Rows of numbers as a list of stars: columns x, y, flux, error; `base` is the coordinate of the first pixel. */
export function starList(rows: readonly (readonly number[])[], base: 0 | 1): StarList {
  const good = rows.filter(([x, y, flux]) => Number.isFinite(x) && Number.isFinite(y) && flux! > 0);
  const column = (place: number, shift = 0) => Float64Array.from(good, (row) => row[place]! - shift);
  return { x: column(0, base), y: column(1, base), flux: column(2), fluxErr: column(3) };
}

/** The numbers of a text table, one row a line, separated by blanks or commas; comment and head lines are left out. */
export function numberRows(text: string): number[][] {
  return text
    .split('\n')
    .filter((line) => /^\s*[-+.\d]/.test(line))
    .map((line) =>
      line
        .trim()
        .split(/\s*,\s*|\s+/)
        .map((field) => (field === '' ? Number.NaN : Number(field))),
    );
}
