import { Command, InvalidArgumentError, Option } from 'commander';
import { saveNew } from '../agent/exports/save.ts';
import { altitudeSvg } from '../agent/planning/altitude-svg.ts';
import { candidatesFor } from '../agent/planning/candidates.ts';
import type { Limits } from '../agent/planning/constraints.ts';
import { utcMinute } from '../agent/planning/explain.ts';
import { nightAt, nightOfDate, type Plan, type PlannedVisit, planSpan } from '../agent/planning/plan.ts';
import { type TargetListForm, targetList, targetListForms } from '../agent/planning/target-lists.ts';
import { readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../config/load.ts';
import type { Config, InstrumentConfig } from '../config/schema.ts';
import type { Night } from '../sky/night.ts';
import { UsageError } from './inputs.ts';
import { printable } from './printable.ts';

interface Options {
  readonly config: string;
  readonly date?: number;
  readonly instrument?: string;
  readonly csv?: TargetListForm;
  readonly svg?: string;
  readonly json?: true;
}

export function command(): Command {
  return new Command('plan')
    .description('what could be observed tonight, or on another night, in which order and why: a prediction')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .option('--date <day>', 'the night that begins in the evening of this day, as 2026-12-24; else tonight', dayOfText)
    .option('--instrument <id>', 'the telescope; the first of the configuration where absent')
    .addOption(new Option('--csv <form>', 'the targets as CSV on stdout, for another program').choices(targetListForms))
    .option('--svg <file>', 'write the altitudes as a figure; never over a file that is there')
    .addOption(new Option('--json', 'one JSON object on stdout').conflicts('csv'))
    .action(run);
}

function dayOfText(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a day is 2026-12-24');
  return ms;
}

async function run(options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const instrument = instrumentNamed(config, options.instrument);
  const nowMs = systemClock.nowMs();
  const { night, span } =
    options.date === undefined ? nightAt(config.site, nowMs) : nightOfDate(config.site, options.date);
  const limits: Limits = { ...config.observing, filters: instrument.filters };
  const store = readStore(config.dataDir, systemClock);
  let plan: Plan;
  try {
    const candidates = candidatesFor({ config, instrument, limits, store, nowMs });
    plan = planSpan({ site: config.site, limits, candidates, span });
  } finally {
    store.close();
  }
  const title = `Plan of ${config.site.name} ${instrument.id}, night of ${eveningOf(config, night.sunsetMs ?? span.startMs)}: a prediction`;
  if (options.svg !== undefined) await saveNew(options.svg, altitudeSvg(plan, config.site, title));
  if (options.csv) process.stdout.write(targetList(plan.visits, options.csv));
  else if (options.json)
    console.log(
      JSON.stringify({ prediction: true, site: config.site.name, instrument: instrument.id, night, ...plan }),
    );
  else console.log([title, ...inWords(plan, night)].map(printable).join('\n'));
}

function instrumentNamed({ instruments }: Config, id: string | undefined): InstrumentConfig {
  const found = id === undefined ? instruments[0] : instruments.find((one) => one.id === id);
  if (!found)
    throw new UsageError(`there is no instrument "${id}"; there are: ${instruments.map((one) => one.id).join(', ')}`);
  return found;
}

function inWords({ visits, leftOut }: Plan, { sunsetMs, darkFromMs, darkUntilMs, sunriseMs }: Night): string[] {
  const time = (ms: number | undefined) => (ms === undefined ? 'none' : utcMinute(ms));
  return [
    `sunset ${time(sunsetMs)}, dark from ${time(darkFromMs)} to ${time(darkUntilMs)}, sunrise ${time(sunriseMs)}`,
    '',
    ...(visits.length === 0 ? ['Nothing can be observed.'] : visitTable(visits)),
    ...(leftOut.length === 0 ? [] : ['', 'Not planned:', ...leftOut.map(({ name, why }) => `  ${name}: ${why}`)]),
  ];
}

function visitTable(visits: readonly PlannedVisit[]): string[] {
  const rows = visits.map((visit) => [
    `${utcMinute(visit.startMs).slice(0, 5)}-${utcMinute(visit.endMs).slice(0, 5)}`,
    visit.name,
    visit.exposures
      .map(({ filter, exposureS, exposureCount }) => `${filter} ${exposureCount}x${exposureS}s`.trim())
      .join(' '),
    visit.altitudeDeg.toFixed(0),
    visit.airmass.toFixed(2),
    visit.moonDistanceDeg.toFixed(0),
    visit.why,
  ]);
  const table = [['UTC', 'target', 'exposures', 'alt', 'airmass', 'Moon', 'why'], ...rows];
  const widths = table[0]!.map((_, at) => Math.max(...table.map((row) => row[at]!.length)));
  return table.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  );
}

/** The date of an evening as the clocks of the site show it, by the Sun. */
function eveningOf({ site }: Config, sunsetMs: number): string {
  return new Date(sunsetMs + (site.longitudeDeg / 360) * 86_400_000).toISOString().slice(0, 10);
}
