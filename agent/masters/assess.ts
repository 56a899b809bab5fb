import { largestDarkScale } from '../../pipeline/calibration/master.ts';
import type { CalibrationFacts, MasterKind } from '../store/master.ts';
import { compareSetups, rotatorDifference, sameExposure, sameFilter } from './setup.ts';

/** A master as the choice sees it. */
export interface MasterCandidate {
  readonly id: string;
  readonly kind: MasterKind;
  readonly facts: CalibrationFacts;
  readonly nCombined: number;
  /** Why it is kept aside, when it is. */
  readonly aside?: string | null;
}

/** Days after which a master is stale. */
export interface AgeLimits {
  readonly biasDays: number;
  readonly darkDays: number;
  readonly flatDays: number;
}

/** What one master is worth for one frame. */
export interface Suitability<Candidate extends MasterCandidate = MasterCandidate> {
  readonly master: Candidate;
  /** Why it cannot be used; empty when it can. */
  readonly forbids: readonly string[];
  /** What has to be said in every product if it is used. */
  readonly flags: readonly string[];
  /** 0 fits in everything; more, the less it fits: see `assessMaster`. */
  readonly misfit: number;
  /** 0 within two days, 1 within a week, 2 within a month, 3 beyond. */
  readonly ageClass: number;
  readonly daysApart: number;
}

export interface AssessmentOptions {
  readonly ages: AgeLimits;
  /** A bias is at hand, so that a dark of another exposure can be scaled. */
  readonly hasBias: boolean;
  /** The observer named this master for these frames: only another size forbids it, all else is flagged. */
  readonly given: boolean;
}

const dayMs = 86_400_000;
const goodTemperatureC = 0.5;
const usableTemperatureC = 2;
const usableRotatorDeg = 2;

/**
 * Assesses one master for one frame. Forbidden: another size or setup, another filter or rotator position (flats), a sensor
 * temperature more than 2 degrees off or an exposure under a third (darks), a master kept aside. Misfit points: 1 for anything flagged that is
 * not as good as stated and equal, 2 for being stale, 2 for a dark that has to be scaled, 3 for one that can only stand in
 * for a bias.
 */
export function assessMaster<Candidate extends MasterCandidate>(
  master: Candidate,
  frame: CalibrationFacts,
  options: AssessmentOptions,
): Suitability<Candidate> {
  const { facts, kind } = master;
  const { size, differ, unstated } = compareSetups(facts.setup, frame.setup);
  const severe: string[] = [...differ];
  const flags: string[] = [];
  let misfit = 0;
  if (kind === 'flat') severe.push(...opticsDifferences(facts, frame));
  if (kind === 'dark' || kind === 'flat-dark') {
    const warmer = temperatureDifference(facts, frame);
    if (warmer.severe) severe.push(warmer.text);
    else if (warmer.text) flags.push(warmer.text);
    if (!sameExposure(facts.exposureS, frame.exposureS) && frame.exposureS !== null) {
      misfit += options.hasBias ? 2 : 3;
      const text = `exposure: ${seconds(facts.exposureS)}, the frame ${seconds(frame.exposureS)}`;
      const isTooShort = frame.exposureS > largestDarkScale * (facts.exposureS ?? 0);
      if (kind === 'flat-dark') severe.push(text);
      else if (options.hasBias && isTooShort) severe.push(`${text}: too short to be scaled so far`);
      else flags.push(`${text}: ${options.hasBias ? 'scaled, which a bias allows' : 'it only stands in for a bias'}`);
    }
  }
  if (!options.given) flags.push(...unstated);
  if (flags.length > 0) misfit += 1;
  if (options.given) misfit += 4 * severe.length;
  const daysApart = Math.abs(frame.takenMs - facts.takenMs) / dayMs;
  const limit = ageLimit(kind, options.ages);
  if (daysApart > limit && !options.given) {
    misfit += 2;
    flags.push(`stale: taken ${Math.round(daysApart)} days apart from the frame, ${limit} are allowed`);
  }
  const forbids = [
    ...(size === undefined ? [] : [size]),
    ...(options.given ? [] : severe),
    ...(master.aside ? [`kept aside: ${master.aside}`] : []),
  ];
  return {
    master,
    forbids,
    flags: [...(options.given ? severe : []), ...flags],
    misfit,
    ageClass: [2, 7, 31].filter((days) => daysApart > days).length,
    daysApart,
  };
}

/** Sorts the better one first: fits better, was taken nearer (by classes of age), is of more frames, was taken nearer. */
export function byWorth(a: Suitability, b: Suitability): number {
  return (
    Number(a.forbids.length > 0) - Number(b.forbids.length > 0) ||
    a.misfit - b.misfit ||
    a.ageClass - b.ageClass ||
    b.master.nCombined - a.master.nCombined ||
    a.daysApart - b.daysApart
  );
}

/** Whether a frame that was reduced with `used` is worth reducing again with `found`. */
export function isClearlyBetter(found: Suitability, used: Suitability | undefined): boolean {
  if (found.forbids.length > 0) return false;
  if (!used || used.forbids.length > 0) return true;
  if (found.misfit !== used.misfit) return found.misfit < used.misfit;
  if (found.ageClass !== used.ageClass) return found.ageClass < used.ageClass;
  return found.master.nCombined >= 1.5 * used.master.nCombined;
}

function opticsDifferences(master: CalibrationFacts, frame: CalibrationFacts): string[] {
  const texts: string[] = [];
  if (!sameFilter(master.filter, frame.filter)) {
    texts.push(`filter: ${master.filter ?? 'none stated'}, the frame ${frame.filter ?? 'states none'}`);
  }
  if (master.rotatorDeg !== null && frame.rotatorDeg !== null) {
    const turned = rotatorDifference(master.rotatorDeg, frame.rotatorDeg);
    if (turned > usableRotatorDeg) texts.push(`rotator: ${turned.toFixed(1)} degrees from the frame's`);
  }
  return texts;
}

function temperatureDifference(
  master: CalibrationFacts,
  frame: CalibrationFacts,
): { readonly text: string; readonly severe: boolean } {
  if (master.temperatureC === null || frame.temperatureC === null) {
    const text = master.temperatureC === frame.temperatureC ? '' : 'sensor temperature: not stated by both';
    return { text, severe: false };
  }
  const apart = Math.abs(master.temperatureC - frame.temperatureC);
  if (apart <= goodTemperatureC) return { text: '', severe: false };
  const text = `sensor temperature: ${master.temperatureC.toFixed(1)} C, the frame ${frame.temperatureC.toFixed(1)} C`;
  return { text, severe: apart > usableTemperatureC };
}

function ageLimit(kind: MasterKind, ages: AgeLimits): number {
  return kind === 'bias' ? ages.biasDays : kind === 'flat' ? ages.flatDays : ages.darkDays;
}

function seconds(exposureS: number | null): string {
  return exposureS === null ? 'not stated' : `${Number(exposureS.toPrecision(4))} s`;
}
