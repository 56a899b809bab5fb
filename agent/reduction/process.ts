import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../base/clock.ts';
import { Parked, RetryLater } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { Logger } from '../health/log.ts';
import type { MasterOrder, MasterReply } from '../masters/master-order.ts';
import type { ReductionJob, ReductionReply } from './job.ts';
import { memoryMarker } from './watchdog.ts';

/** What the child can be asked: to reduce a light frame, or to build a master of calibration frames. */
export type ChildTask = { readonly reduce: ReductionJob } | { readonly build: MasterOrder };

/** What travels from the child: an answer to the task it was given. */
export type ChildMessage =
  | { ready: true }
  | { id: number; reply: ReductionReply | MasterReply }
  | { id: number; error: { message: string; stack: string | undefined; isSiteFault: boolean } };

export interface ProcessLimits {
  /** The process is killed when its resident memory is above this. */
  readonly memoryMb: number;
  /** A job that takes longer costs the process its life. */
  readonly deadlineS: number;
  /** Worker threads inside. */
  readonly threads: number;
}

/** A child that had nothing to do for so long is ended, since its memory is worth more than the second its start takes. */
const idleMs = 60_000;
/** A master of a hundred large frames takes longer than any one of them. */
const buildPatience = 5;

/**
 * The reduction process seen from the daemon: a child that owns its worker threads and its pixels, so that a frame
 * that eats memory, hangs or crashes costs that attempt and never the daemon. It is started when first needed, and
 * again after it was killed or had ended for want of work. It does one task at a time, in the order they were given.
 */
export class ReductionProcess {
  readonly #limits: ProcessLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  #child: ChildProcess | undefined;
  #stderrTail = '';
  #nextId = 1;
  #nWaiting = 0;
  #resting: AbortController | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(limits: ProcessLimits, clock: Clock, log: Logger) {
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Reduces one light frame. Rejects with RetryLater when the process was lost (over its deadline or its memory,
   * crashed, or stopped by `signal`), with Parked when the task itself is impossible.
   */
  run(job: ReductionJob, signal?: AbortSignal): Promise<ReductionReply> {
    return this.#inTurn({ reduce: job }, this.#limits.deadlineS, signal);
  }

  /** Builds one master. Rejects as `run` does; it may take several times as long as a reduction. */
  build(order: MasterOrder, signal?: AbortSignal): Promise<MasterReply> {
    return this.#inTurn({ build: order }, buildPatience * this.#limits.deadlineS, signal);
  }

  /** The process's identity, for measurements; undefined while it is not running. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  close(): void {
    this.#closed = true;
    this.#resting?.abort();
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #inTurn<Reply extends ReductionReply | MasterReply>(
    task: ChildTask,
    deadlineS: number,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    this.#nWaiting++;
    this.#resting?.abort();
    const next = this.#turn.then(() => {
      if (this.#closed || signal?.aborted) {
        throw new RetryLater('REDUCTION_STOPPED', 'The reduction process is stopped.');
      }
      return this.#exchange<Reply>(this.#child ?? this.#start(), task, deadlineS, signal);
    });
    // The caller hears of what went wrong.
    this.#turn = next
      .catch(() => undefined)
      .then(() => {
        if (--this.#nWaiting === 0) this.#rest();
      });
    return next;
  }

  /** Ends the child when nothing comes. */
  #rest(): void {
    if (this.#closed) return;
    const resting = new AbortController();
    this.#resting = resting;
    this.#clock.sleep(idleMs, resting.signal).then(
      () => {
        if (resting.signal.aborted) return;
        this.#log.debug({ pid: this.#child?.pid }, 'reduction process ended: nothing to do');
        this.#child?.kill('SIGKILL');
        this.#child = undefined;
      },
      () => undefined, // a task came first
    );
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(siblingModule(import.meta.url, './child')), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {
        ...process.env,
        BHTOM_EDGE_REDUCTION: JSON.stringify({ threads: this.#limits.threads, memoryMb: this.#limits.memoryMb }),
      },
    });
    this.#stderrTail = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-4000);
    });
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
    this.#log.debug({ pid: child.pid, threads: this.#limits.threads }, 'reduction process started');
    return child;
  }

  #exchange<Reply extends ReductionReply | MasterReply>(
    child: ChildProcess,
    task: ChildTask,
    deadlineS: number,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    const id = this.#nextId++;
    const finished = new AbortController();
    return new Promise<Reply>((resolve, reject) => {
      const settle = (act: () => void) => {
        finished.abort();
        child.off('message', onMessage);
        child.off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const kill = (error: RetryLater) => {
        settle(() => reject(error));
        child.kill('SIGKILL');
        if (this.#child === child) this.#child = undefined;
      };
      const onMessage = (message: ChildMessage) => {
        if (!('id' in message) || message.id !== id) return;
        if ('reply' in message) settle(() => resolve(message.reply as Reply));
        else settle(() => reject(faultOf(message.error)));
      };
      const onExit = (code: number | null, killedBy: NodeJS.Signals | null) =>
        settle(() => reject(this.#lost(code, killedBy)));
      const onAbort = () => kill(new RetryLater('REDUCTION_STOPPED', 'The reduction was stopped with the program.'));
      child.on('message', onMessage);
      child.once('exit', onExit);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#clock.sleep(deadlineS * 1000, finished.signal).then(
        () =>
          kill(
            new RetryLater(
              'REDUCTION_DEADLINE',
              `The reduction took longer than ${deadlineS} s and was given up; raise reduction.deadlineS if this computer is slow.`,
            ),
          ),
        () => undefined, // the job ended first
      );
      child.send({ id, task }, (error) => {
        if (error)
          kill(new RetryLater('REDUCTION_LOST', 'The reduction process took no more messages.', { cause: error }));
      });
    });
  }

  #lost(code: number | null, killedBy: NodeJS.Signals | null): RetryLater {
    if (this.#stderrTail.includes(memoryMarker)) {
      return new RetryLater(
        'REDUCTION_MEMORY',
        `The reduction needed more than ${this.#limits.memoryMb} MB and was given up; raise reduction.memoryMb if the computer has more.`,
      );
    }
    const how = killedBy ? `was killed by ${killedBy}` : `ended with code ${code}`;
    return new RetryLater(
      'REDUCTION_CRASHED',
      `The reduction process ${how}. ${this.#stderrTail.trim().slice(-500)}`.trim(),
    );
  }
}

/** The error that the child told of, as one of its kind here. */
function faultOf({ message, stack, isSiteFault }: Extract<ChildMessage, { error: object }>['error']): Error {
  if (isSiteFault) return new RetryLater('SITE_FAULT', message, { cause: stack });
  return new Parked('REDUCTION_FAULT', message, { cause: stack });
}
