import { medianOf } from './background/map.ts';
import type { Crew } from './crew.ts';
import type { Kernels } from './kernels.ts';
import { measureBlanks } from './measuring/blank.ts';
import { seedPsf } from './measuring/first-psf.ts';
import { FIRST_CELL_PX, firstSky } from './measuring/first-sky.ts';
import { fitStars } from './measuring/fit.ts';
import { forceTargets } from './measuring/forced.ts';
import { summarise } from './measuring/psf-summary.ts';
import { rejectNoStars } from './measuring/reject.ts';
import { type Fitted, measured, type Start, type Tools } from './measuring/state.ts';
import { tabulateStars } from './measuring/table.ts';
import { newWorkspace } from './model/workspace.ts';
import { type HeldStars, holdStars } from './photometry/hold.ts';
import type { MeasureOptions, PlaneMeasurement } from './photometry/measurement.ts';
import type { Plane } from './plane.ts';
import { pipeline } from './stage.ts';

export type { MeasureOptions, MeasureOutcome, PlaneMeasurement, PsfSummary } from './photometry/measurement.ts';

/** The stages of `measurePlane`, in order. */
const stages = pipeline<Start, Tools>()
  .stage(firstSky)
  .stage(seedPsf)
  .stage(rejectNoStars)
  .stage(fitStars)
  .stage(measureBlanks)
  .stage(tabulateStars)
  .stage(forceTargets);

/**
 * Measures every star of one plane by PSF photometry, and the flux at the positions asked for. Positions are 0-based
 * plane pixels, fluxes electrons. Of the plane only the mask
 * is changed: trails and cosmic rays are marked there. Bad data never throws: see `outcome`. The result is
 * the same to the last bit for any number of threads. The method is told in docs/photometry.md.
 */
export async function measurePlane(
  plane: Plane,
  options: MeasureOptions,
  crew: Crew<Kernels>,
): Promise<PlaneMeasurement> {
  const warnings: string[] = [];
  const timings = new Map<string, number>();
  const work = newWorkspace(plane, crew, FIRST_CELL_PX);
  const tools = { options, warnings };
  const state = await stages.run({ work, outcome: measured }, tools, timings, options.nowMs ?? (() => 0));
  const report = (now: typeof state): PlaneMeasurement => ({
    outcome: now.outcome,
    sources: now.sources,
    apertures: now.apertures,
    psf: now.record === undefined || work.psf === undefined ? undefined : summarise(work, now.record),
    skyE: medianOf(work.sky.level),
    skyRmsE: Math.sqrt(medianOf(work.sky.variance)),
    forced: now.forced,
    force: now.force,
    hold: now.fit && (async (held) => report(await holdAndConclude(now, held, tools))),
    model: { work, growth: now.growth, errorFactor: now.errorFactor },
    limitFluxE: now.limitFluxE,
    normalisation: now.growth.mean,
    thresholdSigma: now.thresholdSigma,
    warnings,
    timings,
  });
  return report(state);
}

/** The last stages again, after a fit with the places of the stars held. */
async function holdAndConclude<State extends Start & Fitted>(state: State, held: HeldStars, tools: Tools) {
  const fitted = { ...state, fit: await holdStars(state.work, held) };
  const known = { ...fitted, ...(await measureBlanks.run(fitted, tools)) };
  const concluded = { ...known, ...(await tabulateStars.run(known, tools)) };
  return { ...concluded, ...(await forceTargets.run(concluded, tools)) };
}
