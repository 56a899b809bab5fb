import { describeError, EdgeError, RetryLater } from '../../base/errors.ts';
import { inTime } from '../../drivers/confirm.ts';
import { mayMove, type SafetyVerdict, whyNot } from '../safety/state.ts';
import type { Order, Visit, VisitResult, WrittenFrame } from '../store/visit.ts';
import { HoldOff } from './hold-off.ts';
import { decideInterrupted } from './interrupted.ts';
import {
  type Context,
  type Deadlines,
  type State,
  states,
  stopMount,
  type TelescopeStep,
  type Tools,
} from './steps.ts';
import { plannedFrames, type ReductionWaiter } from './visit.ts';
import { NotNow, VisitAborted } from './visit-errors.ts';
import { consequenceOf, repeatsBeforeAlarm } from './visit-faults.ts';

export interface ExecutorOptions extends Tools {
  readonly reductions: ReductionWaiter;
  readonly safety: SafetyVerdict;
  /** Aborted when the program ends. A visit that only waits for its photometry is then taken up at the next start. */
  readonly lifetime: AbortSignal;
  /** A visit has come to its next step. */
  readonly onStep?: (visitId: string, step: TelescopeStep) => void;
}

export const usualDeadlines: Omit<Deadlines, 'reductionMs'> = {
  slewMs: 180_000,
  filterMs: 60_000,
  readOutMs: 120_000,
  stopMs: 10_000,
};

/**
 * Carries out visits on one instrument, one at a time, step by step (see `steps.ts`), and aborts at once when safety
 * says so. A request is executed once: its visit stands in the store before anything moves, and a visit found there at
 * start is finished without repeating a frame, or closed. The telescope is free for the next visit as soon as the
 * frames are taken; their photometry is waited for meanwhile.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  /** The visit that has the telescope, and what ends it. */
  #underWay: { readonly visit: Visit; readonly abort: AbortController; step: TelescopeStep } | undefined;
  #telescopeFree: Promise<unknown> = Promise.resolve();
  /** How long to rest before the next visit, after those that went wrong. */
  readonly holdOff: HoldOff;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.holdOff = new HoldOff(options.clock);
  }

  /** Whether a visit has the telescope. */
  get busy(): boolean {
    return this.#underWay !== undefined;
  }

  /** The visit that has the telescope; not one that only waits for its photometry. */
  get underWay(): { readonly visit: Visit; readonly step: TelescopeStep } | undefined {
    return this.#underWay;
  }

  /**
   * Executes a request to the end.
   * @returns undefined when the request has a visit under way or has ended: it is not executed again
   * @throws RetryLater while another visit has the telescope; the lifetime's reason when the program ends first
   */
  async execute(order: Order): Promise<VisitResult | undefined> {
    if (this.busy) throw new RetryLater('TELESCOPE_BUSY', 'Another visit has the telescope.');
    this.#options.lifetime.throwIfAborted();
    const visit = this.#options.store.claim(order);
    if (visit === undefined) return undefined;
    return this.#visit(visit, 'safety', []);
  }

  /**
   * Takes up the visits that a program left open which was killed; to be called once, at start, before anything is
   * executed. Nothing moves before it is known to be safe, nor before the devices were read.
   */
  async recover(): Promise<VisitResult[]> {
    const { store, writer } = this.#options;
    const results: Promise<VisitResult>[] = [];
    for (const visit of store.open()) {
      const frames = await writer.written(visit);
      for (const frame of frames) store.frameWritten(visit.id, frame);
      const decision = decideInterrupted(visit, frames.length);
      if (decision.next === 'close') {
        results.push(Promise.resolve(this.#endBadly(visit, decision.why, frames)));
        continue;
      }
      if (decision.next === 'safety' && !visit.order.request.test) await this.#safeAgain(visit);
      const result = this.#visit(visit, decision.next, frames);
      result.catch(() => undefined); // reported below, when all of them have been taken up
      results.push(result);
    }
    return Promise.all(results);
  }

  /** Ends the visit that has the telescope, if there is one; resolves when it has let go of the devices. */
  async abort(reason: string): Promise<void> {
    this.#underWay?.abort.abort(new VisitAborted(reason));
    await this.#telescopeFree;
  }

  async #visit(visit: Visit, from: 'safety' | 'reduce', done: readonly WrittenFrame[]): Promise<VisitResult> {
    if (visit.order.request.test) return this.#endTest(visit);
    const frames = [...done];
    try {
      if (from === 'safety') {
        await this.#withTelescope(visit, frames);
        this.holdOff.wentWell();
      }
      const { state, reason } = await this.#awaitReduction(visit, frames);
      return this.#end(visit, state, reason, frames);
    } catch (error) {
      if (error === this.#options.lifetime.reason && this.#options.lifetime.aborted) throw error;
      return this.#endBadly(visit, error, frames);
    }
  }

  /** All steps that need the telescope; `frames` fills up. Leaves by the safe exit of the step that went wrong. */
  async #withTelescope(visit: Visit, frames: WrittenFrame[]): Promise<void> {
    while (this.busy) await this.#telescopeFree;
    const abort = new AbortController();
    this.#underWay = { visit, abort, step: 'safety' };
    const { safety, lifetime } = this.#options;
    const endOfProgram = () => abort.abort(new VisitAborted('the program was stopped'));
    if (lifetime.aborted) endOfProgram();
    lifetime.addEventListener('abort', endOfProgram);
    const forget = safety.onChange((state) => {
      if (!mayMove(state)) abort.abort(new VisitAborted(whyNot(state)));
    });
    const planned = plannedFrames(visit.order.request);
    const work = this.#steps({ ...this.#options, visit, planned, frames, exposed: undefined }, abort.signal);
    const ended = () => {
      forget();
      lifetime.removeEventListener('abort', endOfProgram);
      this.#underWay = undefined;
    };
    // The error goes to the visit below; whoever waits for the telescope only wants to know when it is free.
    this.#telescopeFree = work.then(ended, ended);
    await this.#telescopeFree;
    await work;
  }

  async #steps(context: Context, abort: AbortSignal): Promise<void> {
    let step: TelescopeStep = 'safety';
    try {
      for (;;) {
        const state: State = states[step];
        context.store.step(context.visit.id, step);
        this.#underWay!.step = step;
        this.#options.onStep?.(context.visit.id, step);
        if (state.onlyWhenSafe) this.#requireSafety(abort);
        const next = await state.run(context, state.onlyWhenSafe ? abort : new AbortController().signal);
        if (next === 'reduce') return;
        step = next;
      }
    } catch (error) {
      if (states[step].safeExit === 'stop the mount') await stopMount(context);
      throw error;
    }
  }

  /** After a start it takes a while until safety is known: waits for it as long as the request remains possible. */
  async #safeAgain(visit: Visit): Promise<void> {
    const { safety, clock, checkVisibility, lifetime, store } = this.#options;
    while (!mayMove(safety.state()) && checkVisibility(visit.order.request, clock.nowMs()).ok)
      await clock.sleep(1000, lifetime);
    store.resumed(visit.id);
  }

  #requireSafety(abort: AbortSignal): void {
    abort.throwIfAborted();
    const state = this.#options.safety.state();
    if (!mayMove(state)) throw new VisitAborted(whyNot(state));
  }

  /** Waits for the photometry of the frames: the visit has failed when none of them has a result for the target. */
  async #awaitReduction(
    visit: Visit,
    frames: readonly WrittenFrame[],
  ): Promise<{ state: 'COMPLETED' | 'FAILED'; reason: string }> {
    const { store, reductions, deadlines, lifetime, clock } = this.#options;
    store.step(visit.id, 'reduce');
    const outcomes = await inTime(reductions.wait(visit, frames, lifetime), deadlines.reductionMs, lifetime, clock);
    if (outcomes === 'too late') {
      const reason = `the frames were taken, but their photometry was not ready after ${deadlines.reductionMs / 1000} s`;
      return { state: 'COMPLETED', reason };
    }
    const bad = outcomes.flatMap((outcome, i) =>
      outcome.state === 'measured' ? [] : [`frame ${frames[i]!.number} was ${outcome.state}: ${outcome.reason}`],
    );
    return { state: bad.length === outcomes.length ? 'FAILED' : 'COMPLETED', reason: bad.join('; ') };
  }

  #endTest(visit: Visit): VisitResult {
    const { checkVisibility, clock, safety } = this.#options;
    const visibility = checkVisibility(visit.order.request, clock.nowMs());
    const state = safety.state();
    const obstacles = [visibility.ok ? '' : visibility.reason, mayMove(state) ? '' : whyNot(state)].filter(Boolean);
    const finding = obstacles.length > 0 ? `it could not run now: ${obstacles.join('; ')}` : 'it could run now';
    return this.#end(visit, 'NOT_ATTEMPTED', `a test request, nothing moved; ${finding}`, []);
  }

  #endBadly(visit: Visit, error: unknown, frames: readonly WrittenFrame[]): VisitResult {
    const { store, alarm } = this.#options;
    const { counts, most, alarm: tells, state: usual } = consequenceOf(error);
    const total = plannedFrames(visit.order.request).length;
    const taken = frames.length > 0 ? ` (${frames.length} of ${total} frames were taken)` : '';
    const reason = describeError(error) + taken;
    if (!counts)
      return this.#end(visit, error instanceof NotNow && taken === '' ? 'NOT_ATTEMPTED' : usual, reason, frames);
    this.holdOff.failed();
    if (tells === 'at once' || (tells === 'when it repeats' && this.holdOff.failures === repeatsBeforeAlarm))
      alarm(reason);
    const fault = error instanceof EdgeError ? error.code : 'FAULT';
    const failed = store.faults(visit.order) + 1;
    if (failed < most) return this.#end(visit, usual, reason, frames, fault);
    const after = failed > 1 ? `given up after ${failed} visits that went wrong; the last: ` : '';
    return this.#end(visit, 'FAILED', after + reason, frames, fault);
  }

  #end(
    visit: Visit,
    state: VisitResult['state'],
    reason: string,
    frames: readonly WrittenFrame[],
    fault?: string,
  ): VisitResult {
    const result = { visitId: visit.id, state, reason, frames, ...(fault !== undefined && { fault }) };
    this.#options.store.end(result);
    return result;
  }
}
