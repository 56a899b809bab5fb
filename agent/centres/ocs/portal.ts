import { z } from 'zod';
import { Parked, RetryLater, TellOperator } from '../../../base/errors.ts';
import { type HttpAnswer, type HttpClient, parseJson } from '../http.ts';
import type { TokenSource } from '../token.ts';
import { type ScheduledObservation, scheduledObservation } from './observation.ts';
import type { StatusChange } from './status-report.ts';

export interface PortalPlace {
  readonly site: string;
  readonly enclosure?: string | undefined;
  readonly telescope?: string | undefined;
}

export interface PortalOptions {
  readonly destination: string;
  readonly url: string;
  readonly token: TokenSource;
  readonly place: PortalPlace;
  readonly http: HttpClient;
}

const pageRows = 200;
const mostPages = 50;
const lastScheduled = z.looseObject({ last_schedule_time: z.string() });
const listed = z.looseObject({ results: z.array(z.unknown()), next: z.string().nullish() });

/** What one reading of the schedule gave: an observation that cannot be read costs only itself. */
export interface Schedule {
  readonly observations: readonly ScheduledObservation[];
  readonly unread: readonly { readonly id: number; readonly payload: unknown; readonly reason: string }[];
}

/**
 * The site's side of an OCS Observation Portal. All calls reject with RetryLater while it is away or answers what it should
 * not, and with TellOperator where the account is refused.
 */
export class Portal {
  readonly #options: PortalOptions;

  constructor(options: PortalOptions) {
    this.#options = options;
  }

  /** When observations were last scheduled here, in the portal's words: to be compared, not read. */
  async lastScheduled(signal: AbortSignal): Promise<string> {
    const answer = await this.#call('GET', this.#address('last_scheduled', { site: this.#options.place.site }), signal);
    return this.#read(lastScheduled, answer).last_schedule_time;
  }

  /** The observations that end after `fromMs` and start before `toMs`, in every state. */
  async schedule(fromMs: number, toMs: number, signal: AbortSignal): Promise<Schedule> {
    const { site, enclosure, telescope } = this.#options.place;
    const observations: ScheduledObservation[] = [];
    const unread: Schedule['unread'][number][] = [];
    let offset = 0;
    for (let page = 0; page < mostPages; page++) {
      const answer = await this.#call(
        'GET',
        this.#address('schedule', {
          ...{ site, ...(enclosure && { enclosure }), ...(telescope && { telescope }) },
          ...{ end_after: timeOf(fromMs), start_before: timeOf(toMs) },
          ...{ limit: String(pageRows), offset: String(offset) },
        }),
        signal,
      );
      const { results, next } = this.#read(listed, answer);
      for (const row of results) {
        const read = scheduledObservation.safeParse(row);
        if (read.success) observations.push(read.data);
        else {
          const id = (row as { id?: unknown } | null)?.id;
          const { path, message } = read.error.issues[0]!;
          if (typeof id === 'number') unread.push({ id, payload: row, reason: `${path.join('.')}: ${message}` });
        }
      }
      offset += results.length; // a portal may give fewer than it was asked for
      if (!next || results.length === 0) return { observations, unread };
    }
    throw new RetryLater('OCS_ENDLESS', `The schedule of ${this.#options.url} has more than ${mostPages} pages.`);
  }

  /** One observation as it stands; undefined when the portal has it no more, or tells it as nobody here understands. */
  async observation(id: number, signal: AbortSignal): Promise<ScheduledObservation | undefined> {
    const answer = await this.#call('GET', this.#address(`schedule/${id}`, {}), signal);
    if (answer.status === 404) return undefined;
    return scheduledObservation.safeParse(this.#read(z.looseObject({ id: z.number() }), answer)).data;
  }

  /** @throws Parked when the portal refuses the change for good, with its words */
  async change({ id, body }: StatusChange, signal: AbortSignal): Promise<void> {
    const answer = await this.#call('PATCH', this.#address(`configurationstatus/${id}`, {}), signal, body);
    if (answer.status === 404) return; // the observation is gone, and so is the wish to know
    if (answer.status === 400) throw new Parked('OCS_REFUSED', `The portal refuses it: ${answer.body.slice(0, 300)}`);
    this.#require(answer);
  }

  #address(path: string, query: Readonly<Record<string, string>>): string {
    const url = new URL(`api/${path}/`, this.#options.url.replace(/\/*$/, '/'));
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    return url.href;
  }

  async #call(method: 'GET' | 'PATCH', url: string, signal: AbortSignal, body?: object): Promise<HttpAnswer> {
    const { destination, http, token } = this.#options;
    const authorization = `Token ${token()}`;
    const answer =
      method === 'GET'
        ? await http.json(url, authorization, undefined, signal)
        : await http.patch(url, authorization, body ?? {}, signal);
    if (answer.status === 401 || answer.status === 403) {
      throw new TellOperator(
        'OCS_ACCOUNT',
        `The portal of destination "${destination}" refuses its token (HTTP ${answer.status}). It takes one of a staff account: the schedule of a site and its states are for those.`,
      );
    }
    return answer;
  }

  #require({ status, body }: HttpAnswer): void {
    if (status < 200 || status > 299)
      throw new RetryLater('OCS_ANSWER', `The portal answers HTTP ${status}: ${body.slice(0, 200)}`);
  }

  #read<Value>(schema: z.ZodType<Value>, answer: HttpAnswer): Value {
    this.#require(answer);
    const read = schema.safeParse(parseJson(answer.body));
    if (read.success) return read.data;
    throw new RetryLater('OCS_ANSWER', `What answers at ${this.#options.url} is not what an Observation Portal says.`);
  }
}

/** The portal reads times as UTC and takes no offset. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
