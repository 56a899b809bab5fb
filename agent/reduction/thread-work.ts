import type { Kernel } from '../../pipeline/crew.ts';
import type { Kernels } from '../../pipeline/kernels.ts';

/** What a thread is asked: run this kernel on parts claimed from the counter until none is left. */
export interface RunMessage {
  readonly name: keyof Kernels;
  readonly args: unknown;
  readonly parts: number;
  readonly counter: Int32Array;
}

export interface PartResult {
  readonly part: number;
  readonly result: unknown;
}

/** Claims parts and runs the kernel on each, until all are claimed. */
export function workThrough(table: Kernels, message: RunMessage): PartResult[] {
  const kernel = table[message.name] as unknown as Kernel<unknown, unknown>;
  const done: PartResult[] = [];
  for (;;) {
    const part = Atomics.add(message.counter, 0, 1);
    if (part >= message.parts) return done;
    done.push({ part, result: kernel(message.args, part, message.parts) });
  }
}
