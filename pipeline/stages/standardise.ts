import { orientation } from '../astrometry/wcs.ts';
import type { FrameFacts } from '../header/facts.ts';
import type { PlaneName } from '../plane.ts';
import { instrumentalMag } from '../products/catalogue.ts';
import type { Stage } from '../stage.ts';
import { bandOfFilter, type FilterMeaning, withPlainBand } from '../standardisation/bands.ts';
import { instrumentalOf } from '../standardisation/of-sources.ts';
import { contradiction, poorFit, priorsOf } from '../standardisation/priors.ts';
import { DEFAULT_SEARCH_RADIUS_ARCSEC, type Standardised, standardise } from '../standardisation/standardise.ts';
import { epochOf } from './locate.ts';
import type {
  FrameState,
  LocatedState,
  MeasuredPlane,
  MeasuredState,
  PlaneStandard,
  ReduceTools,
  StandardisedState,
} from './state.ts';

/** Pairs are looked for within this many pixels where those are large. */
const searchRadiusPx = 2;

/**
 * The zero point of each plane on the system of the reference stars, and the band that its filter is nearest to. Not
 * standardised is an outcome: it says why.
 */
export const standardiseStage: Stage<FrameState & MeasuredState & LocatedState, StandardisedState, ReduceTools> = {
  name: 'standardise',
  run(state) {
    return { standards: state.measured.map((measured) => standardOf(measured, state)) };
  },
};

function standardOf({ plane, measurement }: MeasuredPlane, state: FrameState & LocatedState): PlaneStandard {
  const { facts, location, knowledge } = state;
  if (!knowledge.reference)
    return { outcome: 'no reference stars', reason: 'no catalogue of reference stars was given' };
  if (location.kind === 'not located') return { outcome: 'not located', reason: location.reason };
  if (measurement.outcome.kind !== 'measured') return { outcome: 'not measured', reason: measurement.outcome.reason };
  const exposureS = facts.exposureS?.value;
  const list = instrumentalOf(measurement.sources, plane, location.wcs, exposureS);
  const named = filterNameOf(plane.name, facts);
  const meant = named === undefined ? undefined : bandOfFilter(knowledge.filters, named);
  const scale = orientation(location.wcs).scaleArcsecPerPx * plane.mosaic.step;
  const result = standardise(list, knowledge.reference, {
    filters: withPlainBand(knowledge.filters),
    epochYear: epochOf(facts),
    priors: priorsOf(meant, new Map(Object.entries(knowledge.history))),
    searchRadiusArcsec: Math.max(DEFAULT_SEARCH_RADIUS_ARCSEC, searchRadiusPx * scale),
  });
  if (result.outcome !== 'standardised') return result;
  return {
    ...result,
    limitingMag: instrumentalMag(measurement.limitFluxE, exposureS) + result.constant.zeroPoint,
    warnings: warningsOf(result, named, meant),
  };
}

/** What the plane's filter is called: the header's word, for the colours of a Bayer camera their own. */
function filterNameOf(plane: PlaneName, { filter }: FrameFacts): string | undefined {
  if (plane === 'mono') return filter?.value;
  return { R: 'red', G1: 'green', G2: 'green', B: 'blue' }[plane];
}

function warningsOf(result: Standardised, named: string | undefined, meant: FilterMeaning | undefined): string[] {
  const against = named !== undefined && meant ? contradiction(named, meant, result) : undefined;
  return [against, poorFit(result)].filter((text) => text !== undefined);
}
