import type { FrameFacts } from '../../pipeline/header/facts.ts';
import type { FrameSummary } from '../../pipeline/products/summary.ts';
import { calibrationFactsOf, setupKey } from '../masters/setup.ts';
import type { StoredZeroPoint, ZeroPointSetup } from '../store/zero-points.ts';

/** What frames must share to tell of each other's zero points. */
export function zeroPointSetup(instrument: string, facts: FrameFacts): ZeroPointSetup {
  const { setup, filter } = calibrationFactsOf(facts, 0);
  return { instrument, setup: setupKey(setup), filter: (filter ?? '').trim().toLowerCase() };
}

/** The rows of history that a reduced frame gives: one for each plane with a zero point, none without a time. */
export function zeroPointRows(setup: ZeroPointSetup, record: FrameSummary): StoredZeroPoint[] {
  const { exposureId, mjdMid, airmass } = record;
  if (mjdMid === null) return [];
  return record.planes.flatMap(({ plane, standard, zeroPoint, band, transparency }) => {
    if (standard.outcome !== 'standardised' || !('verdict' in standard) || zeroPoint === null || band === null)
      return [];
    const certain = standard.verdict.ambiguousWith.length === 0;
    return [
      { ...setup, exposureId, plane, mjdMid, band, certain, zeroPoint, airmass, share: transparency?.share ?? null },
    ];
  });
}
