import { airmassDuring } from '../../sky/airmass.ts';
import { orientation, pixelToSky } from '../astrometry/wcs.ts';
import type { FrameFacts } from '../header/facts.ts';
import { instrumentalMag } from '../magnitude.ts';
import type { PlaneName } from '../plane.ts';
import type { Stage } from '../stage.ts';
import { bandOfFilter, unknownFilter, withPlainBand } from '../standardisation/bands.ts';
import { clearExtinction } from '../standardisation/extinction.ts';
import { transparency } from '../standardisation/history.ts';
import { instrumentalOf } from '../standardisation/of-sources.ts';
import { breakOfHabit, contradiction, poorFit, priorsOf } from '../standardisation/priors.ts';
import { DEFAULT_SEARCH_RADIUS_ARCSEC, standardise } from '../standardisation/standardise.ts';
import { mjdNumber, unixMsOfMjd } from '../time/mjd.ts';
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

type State = FrameState & LocatedState;

/** Pairs are looked for within this many pixels where those are large. */
const searchRadiusPx = 2;

/**
 * The zero point of each plane on the system of the reference stars, and the band that its filter is nearest to. Not
 * standardised is an outcome: it says why.
 */
export const standardiseStage: Stage<State & MeasuredState, StandardisedState, ReduceTools> = {
  name: 'standardise',
  run(state) {
    const airmass = airmassOf(state);
    return { airmass, standards: state.measured.map((measured) => namedStandardOf(measured, state, airmass)) };
  },
};

/** By place and time where they are known, else by the header. */
function airmassOf({ facts, size, location, site }: State): number | undefined {
  const mid = facts.midUtc?.value;
  if (location.kind === 'located' && site && mid) {
    const centre = pixelToSky(location.wcs, (size.width - 1) / 2, (size.height - 1) / 2);
    const found = airmassDuring(centre, site, unixMsOfMjd(mid), facts.exposureS?.value ?? 0)?.airmass;
    if (found !== undefined) return found;
  }
  return facts.airmass?.value;
}

/** With what is to be said of the filter's name, whatever the outcome. */
function namedStandardOf(measured: MeasuredPlane, state: State, airmass: number | undefined): PlaneStandard {
  const standard = standardOf(measured, state, airmass);
  const named = filterNameOf(measured.plane.name, state.facts);
  const unknown = named === undefined ? undefined : unknownFilter(state.knowledge.filters, named);
  return unknown === undefined ? standard : { ...standard, warnings: [unknown, ...(standard.warnings ?? [])] };
}

function standardOf({ plane, measurement }: MeasuredPlane, state: State, airmass: number | undefined): PlaneStandard {
  const { facts, location, knowledge, site } = state;
  const history = knowledge.history[plane.name] ?? { verdicts: {}, zeroPoints: [] };
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
    priors: priorsOf(meant, history.verdicts),
    searchRadiusArcsec: Math.max(DEFAULT_SEARCH_RADIUS_ARCSEC, searchRadiusPx * scale),
  });
  if (result.outcome !== 'standardised') return result;
  const { band, zeroPoint } = result.constant;
  const wavelengthNm = knowledge.filters.bands.find(({ name }) => name === band)?.wavelengthNm ?? Number.NaN;
  const mjd = facts.midUtc ? mjdNumber(facts.midUtc.value) : Number.NaN;
  const light = transparency(
    { mjd, band, zeroPoint, airmass: airmass ?? Number.NaN },
    history.zeroPoints,
    clearExtinction(wavelengthNm, site?.heightM ?? 0),
    // Nights change at noon, local solar time.
    (at) => Math.floor(at + (site?.longitudeDeg ?? 0) / 360 - 0.5),
  );
  const against = named !== undefined && meant ? contradiction(named, meant, result) : undefined;
  const warnings = [against ?? breakOfHabit(named, history.verdicts, result), poorFit(result), light?.warning];
  return {
    ...result,
    limitingMag: instrumentalMag(measurement.limitFluxE, exposureS) + zeroPoint,
    transparency: light,
    warnings: warnings.filter((text) => text !== undefined),
  };
}

/** What the plane's filter is called: the header's word, for the colours of a Bayer camera their own. */
function filterNameOf(plane: PlaneName, { filter }: FrameFacts): string | undefined {
  if (plane === 'mono') return filter?.value;
  return { R: 'red', G1: 'green', G2: 'green', B: 'blue' }[plane];
}
