import type { Clock } from '../../base/clock.ts';
import { byUrgency, preempts } from '../requests/urgency.ts';
import type { RequestStore } from '../store/requests.ts';
import type { Order } from '../store/visit.ts';
import type { Visibility } from './visibility.ts';

export interface OrderQueueOptions {
  readonly instrument: string;
  readonly requests: Pick<RequestStore, 'executable' | 'end'>;
  readonly clock: Clock;
  readonly checkVisibility: (request: Order['request'], atMs: number) => Visibility;
}

/** The accepted requests that wait for a visit of one instrument. */
export class OrderQueue {
  readonly #options: OrderQueueOptions;

  constructor(options: OrderQueueOptions) {
    this.#options = options;
  }

  /** Ends the requests whose last window has closed, and gives their ids. */
  expire(): string[] {
    const { requests, clock } = this.#options;
    const nowMs = clock.nowMs();
    const over = this.#orders().filter(({ request }) => request.windows.every(({ end }) => Date.parse(end) <= nowMs));
    const reason = 'its last window has closed before it could be observed';
    for (const { destination, request } of over) requests.end(destination, request.id, 'WINDOW_EXPIRED', reason);
    return over.map(({ request }) => request.id);
  }

  /** The most urgent request that can be executed now. */
  next(): Order | undefined {
    const order = byUrgency(this.#options.clock.nowMs());
    return this.#orders()
      .filter(({ request }) => request.test || this.#isPossible(request))
      .sort((a, b) => order(a.request, b.request))[0];
  }

  /** A request for which a visit of another is broken off; undefined when there is none that can be executed now. */
  preempting(underWay: Order['request']): Order | undefined {
    return this.#orders().find(
      ({ request }) => !request.test && preempts(request, underWay) && this.#isPossible(request),
    );
  }

  /** A request that only rehearses: it needs neither the telescope nor a safe sky. */
  nextTest(): Order | undefined {
    return this.#orders().find(({ request }) => request.test);
  }

  #isPossible(request: Order['request']): boolean {
    const { clock, checkVisibility } = this.#options;
    return checkVisibility(request, clock.nowMs()).ok;
  }

  #orders(): Order[] {
    const { requests, instrument } = this.#options;
    return requests
      .executable()
      .flatMap(({ destination, request }) =>
        request && (request.instrument ?? instrument) === instrument ? [{ destination, instrument, request }] : [],
      );
  }
}
