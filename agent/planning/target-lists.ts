import type { PlannedVisit } from './plan.ts';

/** Programs that read a list of targets. */
export const targetListForms = ['telescopius', 'nina', 'target-scheduler'] as const;
export type TargetListForm = (typeof targetListForms)[number];

/**
 * The targets of a plan in the order of their first visit, as CSV: an observing list as Telescopius exports it, which its
 * own import and Target Scheduler read; for N.I.N.A.'s sequencer the form of a mosaic, a pane a target, since older
 * versions of it misread the declination of an observing list; or the own form of Target Scheduler. J2000.
 */
export function targetList(visits: readonly PlannedVisit[], form: TargetListForm): string {
  const { header, row } = forms[form];
  const once = new Map(visits.map((visit) => [visit.name, visit] as const).reverse());
  const inOrder = visits.filter((visit) => once.get(visit.name) === visit);
  return [header, ...inOrder.map(row)].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

interface Form {
  readonly header: readonly string[];
  row(visit: PlannedVisit): readonly string[];
}

const forms: Record<TargetListForm, Form> = {
  telescopius: {
    header: ['Familiar Name', 'Catalogue Entry', 'Right Ascension', 'Declination', 'Position Angle (East)'],
    row: ({ name, position }) => [name, name, hours(position.raDeg), degrees(position.decDeg), '0'],
  },
  nina: {
    header: ['Pane', 'RA', 'DEC', 'Position Angle (East)'],
    row: ({ name, position }) => [name, hours(position.raDeg), degrees(position.decDeg), '0'],
  },
  'target-scheduler': {
    header: ['Type', 'Name', 'RA', 'Dec', 'Rotation', 'ROI'],
    row: ({ name, position }) => ['BHTOM', name, hours(position.raDeg), degrees(position.decDeg), '0', '100'],
  },
};

/** `05h 34m 31.94s`: these programs take the numbers in their order, whatever stands between. */
function hours(raDeg: number): string {
  const [h, m, s] = sexagesimal(raDeg / 15, 2, 24);
  return `${h}h ${m}m ${s}s`;
}

/** `+22d 00m 52.2s`. */
function degrees(decDeg: number): string {
  const [d, m, s] = sexagesimal(Math.abs(decDeg), 1);
  return `${decDeg < 0 ? '-' : '+'}${d}d ${m}m ${s}s`;
}

/** Whole units, minutes and seconds with so many digits; rounded before it is divided, so that no 60 appears. */
function sexagesimal(value: number, digits: number, wrap = Number.POSITIVE_INFINITY): [string, string, string] {
  const scale = 10 ** digits;
  const ticks = Math.round(value * 3600 * scale);
  const units = Math.floor(ticks / (3600 * scale));
  const minutes = Math.floor(ticks / (60 * scale)) % 60;
  const seconds = (ticks % (60 * scale)) / scale;
  const width = digits + 3;
  return [
    String(units >= wrap ? units - wrap : units).padStart(2, '0'),
    String(minutes).padStart(2, '0'),
    seconds.toFixed(digits).padStart(width, '0'),
  ];
}

/** N.I.N.A. divides its mosaic lines at every comma, quoted or not: a name keeps none. */
function cell(text: string): string {
  return text.replace(/\s*[",\r\n]+\s*/g, ' ').trim();
}
