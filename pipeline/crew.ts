/**
 * How pixel work is shared among threads. A kernel is a pure function over typed arrays on SharedArrayBuffers; work is
 * cut into a number of parts that depends on the data alone, never on the number of threads, so that the result is
 * the same to the last bit on one thread or eight.
 */
export type Kernel<Arguments, Result> = (args: Arguments, part: number, parts: number) => Result;

/** The kernels that can be named across the thread boundary: see `pipeline/kernels.ts` for the table. */
export type KernelTable = Record<string, Kernel<never, unknown>>;

export interface Crew<Table extends KernelTable> {
  readonly threads: number;
  /** Runs the named kernel once for each part; the results come in the order of the parts. */
  run<Name extends keyof Table & string>(
    name: Name,
    args: Parameters<Table[Name]>[0],
    parts: number,
  ): Promise<ReturnType<Table[Name]>[]>;
}

/** A crew of one: everything runs here and now. */
export function soloCrew<Table extends KernelTable>(table: Table): Crew<Table> {
  return {
    threads: 1,
    async run(name, args, parts) {
      const kernel = table[name] as Kernel<unknown, never>;
      return Array.from({ length: parts }, (_, part) => kernel(args, part, parts));
    },
  };
}

/** The rows [from, to) of part `part` of `parts`. */
export function rowsOfPart(height: number, part: number, parts: number): { from: number; to: number } {
  return { from: Math.floor((height * part) / parts), to: Math.floor((height * (part + 1)) / parts) };
}

export function sharedFloat32(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

export function sharedUint8(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
