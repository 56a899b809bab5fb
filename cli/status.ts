import { Command } from 'commander';
import { type LightReport, lightReports } from '../agent/health/light.ts';
import { type LeapKnowledge, leapSeconds } from '../agent/leap-seconds.ts';
import { readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import { leapWarning } from '../pipeline/stages/circumstances.ts';
import { taiMinusUtc } from '../pipeline/time/leap.ts';
import { mjdOfUnixMs } from '../pipeline/time/mjd.ts';

/** Days of zero points that are looked at. */
const nightsShown = 60;
const mjdOfUnix = 40_587;

export function command(): Command {
  return new Command('status')
    .description('what the agent did: frames and parcels by state, what waits and why')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--json', 'one JSON object on stdout')
    .action(async (options: { config: string; json?: boolean }) => {
      const config = await loadConfig(options.config);
      const { longitudeDeg, heightM } = config.site;
      const today = mjdOfUnix + systemClock.nowMs() / 86_400_000;
      const store = readStore(config.dataDir, systemClock);
      try {
        const status = {
          site: config.site.name,
          warnings: leapWarnings(await leapSeconds(config.reduction.leapSecondsFile)),
          frames: store.frames.counts(),
          parcels: store.outbox.counts(),
          targets: store.networkTargets.lists(),
          light: lightReports(store.zeroPoints.nights(today - nightsShown, longitudeDeg), heightM),
          requests: store.requests
            .recent(20)
            .map(({ destination, id, state, reason }) => ({ destination, id, state, reason })),
          troubled: [...store.frames.inState('rejected', 10), ...store.frames.inState('failed', 10)].map(
            ({ path, state, reason }) => ({ path, state, reason }),
          ),
          lastReductions: store.reductions
            .recent(5)
            .map(({ outcome, reducedAtMs, record }) => ({ outcome, reducedAtMs, file: fileOf(record) })),
        };
        console.log(options.json ? JSON.stringify(status) : inWords(status));
      } finally {
        store.close();
      }
    });
}

function fileOf(record: string): string {
  return (JSON.parse(record) as { file: string }).file;
}

/** What the operator should see to, whatever frames come. */
function leapWarnings({ table, warnings }: LeapKnowledge): string[] {
  const { expired } = taiMinusUtc(mjdOfUnixMs(systemClock.nowMs()), table);
  return [...warnings, ...(expired ? [leapWarning(table.validUntilMjd)] : [])];
}

interface Status {
  site: string;
  warnings: readonly string[];
  frames: Partial<Record<string, number>>;
  parcels: readonly { destination: string; state: string; count: number }[];
  targets: readonly { destination: string; count: number; fetchedAtMs: number }[];
  light: readonly LightReport[];
  requests: readonly { destination: string; id: string; state: string; reason: string }[];
  troubled: readonly { path: string; state: string; reason: string | null }[];
  lastReductions: readonly { outcome: string; reducedAtMs: number; file: string }[];
}

function inWords(status: Status): string {
  const frames = Object.entries(status.frames).map(([state, count]) => `${count} ${state}`);
  const lines = [
    `site ${status.site}`,
    ...status.warnings.map((warning) => `warning: ${warning}`),
    `frames: ${frames.join(', ') || 'none yet'}`,
    ...status.parcels.map(({ destination, state, count }) => `parcels to ${destination}: ${count} ${state}`),
    ...status.targets.map(
      ({ destination, count, fetchedAtMs }) =>
        `targets of ${destination}: ${count}, as of ${new Date(fetchedAtMs).toISOString()}`,
    ),
    ...status.light.flatMap((report) => lightInWords(report)),
    ...status.requests.map(({ id, state, reason }) => `request ${id}: ${state}${reason ? ` (${reason})` : ''}`),
    ...status.troubled.map(({ path, state, reason }) => `${state}: ${path}: ${reason ?? ''}`),
    ...status.lastReductions.map(
      ({ file, outcome, reducedAtMs }) => `${new Date(reducedAtMs).toISOString()} ${outcome}: ${file}`,
    ),
  ];
  return lines.join('\n');
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
