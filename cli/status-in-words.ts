import type { LightReport } from '../agent/health/light.ts';
import type { RunningStatus } from '../agent/status/running.ts';
import type { StoredStatus } from '../agent/status/stored.ts';

/** What the daemon says of itself, a line each; what is well is said in one. */
export function runningInWords(running: RunningStatus, nowMs: number): string[] {
  const { version, pid, uptimeS, parts, destinations, intake, telescopes, alarms, loopLagMs, night } = running;
  const troubled = parts.filter(({ state }) => state !== 'well');
  return [
    `the daemon runs: version ${version}, process ${pid}, for ${spanInWords(uptimeS)}; event loop ${loopLagMs} ms at worst`,
    ...alarms.map(
      ({ code, subject, text, count, raisedAtMs }) =>
        `ALARM ${code} ${subject} since ${utc(raisedAtMs)}${count > 1 ? ` (${count} times)` : ''}: ${text}`,
    ),
    troubled.length === 0 ? `all ${parts.length} parts are well` : `${parts.length - troubled.length} parts are well`,
    ...troubled.map(
      ({ name, state, reason, sinceMs }) =>
        `${name}: ${state} for ${spanInWords(Math.max(0, nowMs - sinceMs) / 1000)}: ${reason}`,
    ),
    ...destinations.flatMap(({ id, delivery, link }) => [
      ...(delivery ? [`delivery to ${id}: ${withReason(delivery)}, ${delivery.inFlight} on their way`] : []),
      ...(link ? [`link to ${id}: ${withReason(link)}`] : []),
    ]),
    intake.paused === null ? `intake: ${intake.nWaiting} files are not whole yet` : `intake PAUSED: ${intake.paused}`,
    ...intake.waiting.map(({ path, reason, waitingS }) => `waiting for ${spanInWords(waitingS)}: ${path}: ${reason}`),
    ...telescopes.map(({ instrument, safety }) => `telescope ${instrument}: ${safetyInWords(safety)}`),
    `the night: sunset ${utc(night.sunsetMs)}, dark ${utc(night.darkFromMs)} to ${utc(night.darkUntilMs)}, sunrise ${utc(night.sunriseMs)}`,
  ];
}

/** What the database tells, a line each. Its open alarms are left to the daemon when one runs. */
export function storedInWords(stored: StoredStatus, isRunning: boolean): string[] {
  const frames = Object.entries(stored.frames).map(([state, count]) => `${count} ${state}`);
  const open = isRunning ? [] : stored.alarms.filter(({ clearedAtMs }) => clearedAtMs === null);
  return [
    ...open.map(({ code, subject, text, raisedAtMs }) => `ALARM ${code} ${subject} since ${utc(raisedAtMs)}: ${text}`),
    `frames: ${frames.join(', ') || 'none yet'}`,
    ...stored.parcels.map(({ destination, state, count }) => `parcels to ${destination}: ${count} ${state}`),
    ...stored.targets.map(
      ({ destination, count, fetchedAtMs }) => `targets of ${destination}: ${count}, as of ${utc(fetchedAtMs)}`,
    ),
    ...stored.light.flatMap((report) => lightInWords(report)),
    ...stored.requests.map((request) => `request ${request.id}: ${withReason(request)}`),
    ...stored.troubled.map(({ path, state, reason }) => `${state}: ${path}: ${reason ?? ''}`),
    ...stored.lastReductions.map(
      ({ file, outcome, reducedAtMs, unreadable }) =>
        `${utc(reducedAtMs)} ${outcome}: ${file}${unreadable === null ? '' : `; its record is kept and cannot be read: ${unreadable}`}`,
    ),
  ];
}

function withReason({ state, reason }: { readonly state: string; readonly reason: string }): string {
  return reason ? `${state} (${reason})` : state;
}

function safetyInWords(safety: RunningStatus['telescopes'][number]['safety']): string {
  if (safety === null) return 'its devices are away';
  const { safe, reasons, sinceMs, attended } = safety;
  const words = safe ? `safe since ${utc(sinceMs)}` : `not safe since ${utc(sinceMs)}: ${reasons.join('; ')}`;
  return attended ? `${words}; attended, nothing moves by itself` : words;
}

function lightInWords({ instrument, filter, plane, band, warnings, ...numbers }: LightReport): string[] {
  const what = `${instrument} ${filter || 'no filter'}${plane === 'mono' ? '' : ` ${plane}`} (${band})`;
  const usual = numbers.usualZeroPoint === null ? '' : `, usually ${numbers.usualZeroPoint.toFixed(2)}`;
  const last = `zero point ${numbers.lastZeroPoint.toFixed(2)} in the last night (${numbers.lastFrames} frames)`;
  return [
    `light of ${what}: ${last}${usual}, ${numbers.nNights} nights`,
    ...warnings.map((text) => `WARNING: ${what}: ${text}`),
  ];
}

function utc(ms: number | null): string {
  return ms === null ? 'never' : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function spanInWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
