import type { Config } from '../../../config/schema.ts';
import { setupInWords } from '../../masters/setup.ts';
import type { Store } from '../../store/open.ts';
import type { MastersAnswer } from '../shapes.ts';

/** The calibration library: every master, and every set of which none could be made, newest first. */
export function mastersView({ masters }: Store, { instruments }: Config): MastersAnswer {
  return {
    instruments: instruments.map(({ id }) => {
      const unreadable: string[] = [];
      const all = masters.all(id, (setKey, reason) => unreadable.push(`${setKey}: ${reason}`));
      return {
        instrument: id,
        unreadable,
        masters: all.map(
          ({
            setKey,
            id: master,
            kind,
            state,
            reason,
            facts,
            nCombined,
            noise,
            nBad,
            rejected,
            detector,
            builtAtMs,
          }) => ({
            ...{ setKey, id: master, kind, state, reason, nCombined, noise, nBad, builtAtMs, rejected },
            ...{
              takenMs: facts.takenMs,
              exposureS: facts.exposureS,
              temperatureC: facts.temperatureC,
              filter: facts.filter,
            },
            setup: setupInWords(facts.setup),
            gainEPerAdu: detector?.gainEPerAdu ?? null,
            readNoiseE: detector?.readNoiseE ?? null,
          }),
        ),
      };
    }),
  };
}
