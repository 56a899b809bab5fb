import type { Clock } from '../../../base/clock.ts';
import { RetryLater } from '../../../base/errors.ts';
import type { HttpAnswer, HttpClient } from '../../centres/http.ts';
import { glimpse, readVotable, type ServiceTable } from './votable.ts';

export interface TapService {
  /** Base address, above `/sync` and `/async`. */
  readonly url: string;
  /** How this service calls a VOTable with plain rows. */
  readonly format: string;
}

export interface TapTools {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** How long a job of the asynchronous kind may take, and how often it is asked how it is. */
const jobPatienceMs = 15 * 60_000;
const pollMs = 5000;

/**
 * Runs a query at a TAP service (IVOA TAP 1.1): at once, and where the service has no time for that, as a job
 * (UWS 1.1), which is removed afterwards. Rejects with RetryLater.
 */
export async function queryTap(
  service: TapService,
  adql: string,
  maxRows: number,
  { http, clock }: TapTools,
  signal: AbortSignal,
): Promise<ServiceTable> {
  const form = { REQUEST: 'doQuery', LANG: 'ADQL', FORMAT: service.format, MAXREC: String(maxRows), QUERY: adql };
  try {
    const answer = await http.post(`${service.url}/sync`, form, signal);
    return tableOf(await followed(answer, service, http, signal), service);
  } catch (error) {
    if (!(error instanceof RetryLater) || !tooSlow(error)) throw error;
    return runJob(service, form, { http, clock }, signal);
  }
}

/** A query that took too long at once may have the time as a job. */
function tooSlow({ code, cause, message }: RetryLater): boolean {
  const isTimeout = (cause as { code?: unknown } | undefined)?.code === 'ETIMEDOUT';
  return (
    (code === 'SERVICE_UNREACHABLE' && isTimeout) || (code === 'SERVICE_ERROR' && /time.?out|timed out/i.test(message))
  );
}

async function runJob(
  service: TapService,
  form: Readonly<Record<string, string>>,
  { http, clock }: TapTools,
  signal: AbortSignal,
): Promise<ServiceTable> {
  const begun = await http.post(`${service.url}/async`, { ...form, PHASE: 'RUN' }, signal);
  const job = begun.location && own(begun.location, service);
  if (begun.status !== 303 || !job) {
    throw new RetryLater(
      'SERVICE_ERROR',
      `${service.url} started no job: HTTP ${begun.status}, ${glimpse(begun.body)}`,
    );
  }
  const startedMs = clock.monotonicMs();
  for (;;) {
    const phase = (await http.get(`${job}/phase`, signal)).body.trim();
    if (phase === 'COMPLETED') break;
    if (!['PENDING', 'QUEUED', 'EXECUTING', 'HELD', 'SUSPENDED'].includes(phase)) {
      const error = await http.get(`${job}/error`, signal);
      throw new RetryLater(
        'SERVICE_ERROR',
        `A job at ${service.url} ended as ${glimpse(phase)}: ${glimpse(error.body)}`,
      );
    }
    if (clock.monotonicMs() - startedMs > jobPatienceMs) {
      await removeJob(job, http, signal);
      throw new RetryLater('SERVICE_SLOW', `A job at ${service.url} did not end within ${jobPatienceMs / 60_000} min.`);
    }
    await clock.sleep(pollMs, signal);
  }
  const answer = await followed(await http.get(`${job}/results/result`, signal), service, http, signal);
  const table = tableOf(answer, service);
  await removeJob(job, http, signal);
  return table;
}

/** Services forget jobs by themselves, later: that they were not told now costs nothing. */
async function removeJob(job: string, http: HttpClient, signal: AbortSignal): Promise<void> {
  try {
    await http.post(job, { ACTION: 'DELETE' }, signal);
  } catch (error) {
    if (!(error instanceof RetryLater)) throw error;
  }
}

/** One redirection within the service's own host, as TAP has them for results. */
async function followed(
  answer: HttpAnswer,
  service: TapService,
  http: HttpClient,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  if (answer.status < 300 || answer.status >= 400) return answer;
  const to = answer.location && own(answer.location, service);
  if (!to)
    throw new RetryLater('SERVICE_MOVED', `${service.url} has moved to ${answer.location ?? 'an unnamed place'}.`);
  return http.get(to, signal);
}

/** The address when it lies on the service's host; some services name it by http behind their https. */
function own(location: string, service: TapService): string | undefined {
  const base = new URL(service.url);
  const to = URL.canParse(location, `${service.url}/`) ? new URL(location, `${service.url}/`) : undefined;
  if (to?.host !== base.host) return undefined;
  to.protocol = base.protocol;
  return to.href.replace(/\/$/, '');
}

function tableOf({ status, body }: HttpAnswer, { url }: TapService): ServiceTable {
  const table = status === 200 || /<VOTABLE[\s>]/.test(body) ? readVotable(body, url) : undefined;
  if (status !== 200 || !table) {
    throw new RetryLater('SERVICE_ERROR', `${url} answered with HTTP ${status}: ${glimpse(body)}`);
  }
  return table;
}
