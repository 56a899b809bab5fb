/**
 * A stage of the pipeline: a named function from what it needs to what it gives. A stage never throws for bad data:
 * where it cannot do its work, what it gives is a typed outcome that later stages know how to go on without. An
 * exception that leaves a stage is a programming fault.
 */
export interface Stage<Needs extends object, Gives extends object, Tools = unknown> {
  readonly name: string;
  run(needs: Readonly<Needs>, tools: Tools): Gives | Promise<Gives>;
}

/** An ordered list of stages whose needs are met by what came before; the compiler checks each step. */
export interface Pipeline<Start extends object, State extends object, Tools> {
  stage<Needs extends object, Gives extends object>(
    stage: State extends Needs ? Stage<Needs, Gives, Tools> : never,
  ): Pipeline<Start, Omit<State, keyof Gives> & Gives, Tools>;
  run(start: Start, tools: Tools, timings: Map<string, number>, nowMs: () => number): Promise<State>;
}

export function pipeline<Start extends object, Tools>(): Pipeline<Start, Start, Tools> {
  return build<Start, Start, Tools>([]);
}

function build<Start extends object, State extends object, Tools>(
  stages: readonly Stage<object, object, Tools>[],
): Pipeline<Start, State, Tools> {
  return {
    stage: (stage) => build([...stages, stage as Stage<object, object, Tools>]),
    async run(start, tools, timings, nowMs) {
      let state: object = start;
      for (const stage of stages) {
        const startedMs = nowMs();
        state = { ...state, ...(await stage.run(state, tools)) };
        timings.set(stage.name, (timings.get(stage.name) ?? 0) + nowMs() - startedMs);
      }
      return state as State;
    },
  };
}
