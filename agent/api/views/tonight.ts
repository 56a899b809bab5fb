import type { Clock } from '../../../base/clock.ts';
import type { Config, InstrumentConfig } from '../../../config/schema.ts';
import type { Night } from '../../../sky/night.ts';
import { altitudeSvg } from '../../planning/altitude-svg.ts';
import { candidatesFor } from '../../planning/candidates.ts';
import { planInThread } from '../../planning/in-thread.ts';
import { nightAt, type Plan } from '../../planning/plan.ts';
import type { Store } from '../../store/open.ts';
import type { TonightAnswer } from '../shapes.ts';

/** A plan is made anew when it is asked for and older. */
const freshMs = 60_000;

interface Foretold {
  readonly instrument: string;
  readonly night: Night;
  readonly plan: Plan;
}

/** The plans of tonight, a prediction for each instrument, made once however many look at them. */
export class Tonight {
  readonly #config: Config;
  readonly #store: Store;
  readonly #clock: Clock;
  #asked: Promise<readonly Foretold[]> | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(config: Config, store: Store, clock: Clock) {
    this.#config = config;
    this.#store = store;
    this.#clock = clock;
  }

  async answer(): Promise<TonightAnswer> {
    const foretold = await this.#plans();
    return {
      prediction: true,
      instruments: foretold.map(({ instrument, night, plan }) => ({
        instrument,
        sunsetMs: night.sunsetMs ?? null,
        darkFromMs: night.darkFromMs ?? null,
        darkUntilMs: night.darkUntilMs ?? null,
        sunriseMs: night.sunriseMs ?? null,
        visits: plan.visits.map(({ name, startMs, endMs, exposures, altitudeDeg, airmass, moonDistanceDeg, why }) => ({
          ...{ name, startMs, endMs, exposures, altitudeDeg, airmass, moonDistanceDeg, why },
        })),
        leftOut: plan.leftOut.map(({ name, why }) => ({ name, why })),
      })),
    };
  }

  /** The altitudes of an instrument's plan, SVG; undefined for an instrument that is not there. */
  async altitudes(instrument: string): Promise<string | undefined> {
    const { site } = this.#config;
    const found = (await this.#plans()).find((one) => one.instrument === instrument);
    return found && altitudeSvg(found.plan, site, `${site.name} ${instrument}: a prediction`);
  }

  #plans(): Promise<readonly Foretold[]> {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#asked || nowMs - this.#askedMs > freshMs) {
      this.#askedMs = nowMs;
      this.#asked = this.#foretell().catch((error: unknown) => {
        this.#asked = undefined; // the next call tries again
        throw error;
      });
    }
    return this.#asked;
  }

  async #foretell(): Promise<Foretold[]> {
    const foretold: Foretold[] = [];
    for (const instrument of this.#config.instruments) foretold.push(await this.#planOf(instrument));
    return foretold;
  }

  async #planOf(instrument: InstrumentConfig): Promise<Foretold> {
    const config = this.#config;
    const nowMs = this.#clock.nowMs();
    const { night, span } = nightAt(config.site, nowMs);
    const limits = { ...config.observing, filters: instrument.filters };
    const candidates = candidatesFor({ config, instrument, limits, store: this.#store, nowMs });
    const plan = await planInThread({ site: config.site, limits, candidates, span });
    return { instrument: instrument.id, night, plan };
  }
}
