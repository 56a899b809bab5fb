import type { Clock } from '../../base/clock.ts';
import type { SiteConfig } from '../../config/schema.ts';
import { nightAfter } from '../../sky/night.ts';
import type { RequestChannel } from '../centres/contract.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Happenings, ToldHappening } from '../happenings.ts';
import type { Alarms } from '../health/alarms.ts';
import type { HealthWatch } from '../health/health-watch.ts';
import type { LoopLag } from '../health/loop-lag.ts';
import type { Intake } from '../intake/intake.ts';
import type { SafetyState } from '../safety/state.ts';
import type { RunningStatus } from './running.ts';

/** A robotic instrument, as far as its state goes; without an observatory its devices are away. */
interface Telescope {
  readonly instrument: { readonly id: string };
  readonly observatory: { safety(): SafetyState } | undefined;
}

export interface StatusSources {
  readonly version: string;
  readonly site: SiteConfig;
  readonly clock: Clock;
  readonly happenings: Happenings;
  readonly alarms: Alarms;
  readonly health: HealthWatch;
  readonly loop: LoopLag;
  readonly deliveries: readonly Delivery[];
  readonly channels: readonly RequestChannel[];
  readonly intake: Intake;
  readonly telescopes: readonly Telescope[];
}

const happeningsKept = 50;
const waitingShown = 10;

/** Begins to remember what happens; the function it gives says how the daemon is, at any time, without asking the disk. */
export function statusOf(sources: StatusSources): () => RunningStatus {
  const { clock, site } = sources;
  const startedMs = clock.monotonicMs();
  const recent: ToldHappening[] = [];
  sources.happenings.onEach((happening) => {
    recent.push(happening);
    if (recent.length > happeningsKept) recent.shift();
  });
  return () => ({
    version: sources.version,
    pid: process.pid,
    uptimeS: secondsSince(startedMs, clock),
    parts: sources.health.report(),
    destinations: destinationsOf(sources),
    intake: intakeOf(sources),
    telescopes: sources.telescopes.map(({ instrument, observatory }) => {
      const safety = observatory?.safety();
      return { instrument: instrument.id, safety: safety ? { ...safety, reasons: [...safety.reasons] } : null };
    }),
    alarms: sources.alarms.open(),
    loopLagMs: Math.round(sources.loop.worstMs()),
    night: nightOf(site, clock.nowMs()),
    happenings: recent.map((happening) => ({ ...happening })),
  });
}

function destinationsOf({ deliveries, channels }: StatusSources): RunningStatus['destinations'] {
  const byId = new Map<string, RunningStatus['destinations'][number]>();
  const of = (id: string) => byId.get(id) ?? { id, delivery: null, link: null };
  for (const delivery of deliveries) {
    const { destination, state, reason, inFlight } = delivery.status();
    byId.set(destination, { ...of(destination), delivery: { state, reason, inFlight } });
  }
  for (const channel of channels) {
    const { destination, state, reason, clockAheadMs } = channel.status();
    byId.set(destination, { ...of(destination), link: { state, reason, clockAheadMs: clockAheadMs ?? null } });
  }
  return [...byId.values()];
}

function intakeOf({ intake, clock }: StatusSources): RunningStatus['intake'] {
  const { paused, waiting, rescannedMs } = intake.status();
  return {
    paused: paused ?? null,
    nWaiting: waiting.length,
    waiting: waiting
      .slice(0, waitingShown)
      .map(({ path, reason, waitingMs }) => ({ path, reason, waitingS: Math.round(waitingMs / 1000) })),
    rescannedAgoS: rescannedMs === undefined ? null : secondsSince(rescannedMs, clock),
  };
}

function nightOf(site: SiteConfig, nowMs: number): RunningStatus['night'] {
  const { sunsetMs = null, darkFromMs = null, darkUntilMs = null, sunriseMs = null } = nightAfter(site, nowMs);
  return { sunsetMs, darkFromMs, darkUntilMs, sunriseMs };
}

function secondsSince(monotonicMs: number, clock: Clock): number {
  return Math.round((clock.monotonicMs() - monotonicMs) / 1000);
}
