import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Plain = Record<string, unknown>;

/** A record as the program wrote it before records named their version. */
export function pastRecord(): Plain {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/protocol/frame-record-1.json'), 'utf8'));
}

/** The same by a later program of this version: keys and words that are not known yet, at every depth. */
export function futureRecord(): Plain {
  const later = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(later);
    if (typeof value !== 'object' || value === null) return value;
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, later(one)]));
    return { ...inner, addedLater: 7 };
  };
  const record = later({ ...pastRecord(), schema: 1 }) as Plain & { targets: Plain[]; planes: Plain[] };
  record.outcome = 'hidden by clouds';
  record.timeVerdict = 'good by satellite';
  record.targets[0]!.verdict = 'occulted';
  record.planes[0]!.outcome = 'hidden by clouds';
  return record;
}

/** Of a version that this program cannot read. */
export function recordOfTheNextVersion(): Plain {
  return { ...pastRecord(), schema: 2 };
}
