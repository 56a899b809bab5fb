import type { Status } from '../status/status.ts';

/** The state of the daemon for Prometheus (text format 0.0.4). */
export function metrics({ running, stored, version }: Status): string {
  const lines = [
    ...metric('up', 'gauge', 'Whether the daemon answers.', [[{ version }, running ? 1 : 0]]),
    ...metric('frames', 'gauge', 'Frames in the ledger.', by(stored?.frames ?? {}, 'state')),
    ...metric(
      'parcels',
      'gauge',
      'Parcels for each destination.',
      (stored?.parcels ?? []).map(({ destination, state, count }) => [{ destination, state }, count]),
    ),
  ];
  if (!running) return lines.join('\n');
  const { uptimeS, loopLagMs, parts, telescopes, alarms, intake } = running;
  return [
    ...lines,
    ...metric('uptime_seconds', 'gauge', 'Since the daemon started.', [[{}, uptimeS]]),
    ...metric('event_loop_lag_seconds', 'gauge', 'The longest block within the minute.', [[{}, loopLagMs / 1000]]),
    ...metric(
      'part_well',
      'gauge',
      'Whether a part of the daemon is well.',
      parts.map(({ name, state }) => [{ part: name }, state === 'well' ? 1 : 0]),
    ),
    ...metric(
      'safe',
      'gauge',
      'Whether a telescope may move.',
      telescopes.map(({ instrument, safety }) => [{ instrument }, safety?.safe ? 1 : 0]),
    ),
    ...metric('files_waiting', 'gauge', 'Files that are not whole yet.', [[{}, intake.nWaiting]]),
    ...metric(
      'alarm',
      'gauge',
      'Alarms that are open.',
      alarms.map(({ code, subject, severity }) => [{ code, subject, severity }, 1]),
    ),
  ].join('\n');
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function metric(name: string, type: 'gauge', help: string, samples: readonly Sample[]): string[] {
  return [
    `# HELP bhtom_edge_${name} ${help}`,
    `# TYPE bhtom_edge_${name} ${type}`,
    ...samples.map(([labels, value]) => {
      const words = Object.entries(labels).map(([key, label]) => `${key}="${escaped(label)}"`);
      return `bhtom_edge_${name}${words.length > 0 ? `{${words.join(',')}}` : ''} ${value}`;
    }),
    '',
  ];
}

function escaped(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function by(counts: Partial<Record<string, number>>, label: string): Sample[] {
  return Object.entries(counts).map(([name, count]) => [{ [label]: name }, count ?? 0]);
}
