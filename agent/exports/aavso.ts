import { jdMinusMjd } from '../../pipeline/time/mjd.ts';
import type { ExportPoint } from './point.ts';

export interface AavsoReport {
  readonly text: string;
  /** Points that the format has no place for, and why. */
  readonly leftOut: readonly { readonly point: ExportPoint; readonly reason: string }[];
}

/** Filters by the codes of the association; Gaia's own bands have none. */
const codes: Readonly<Record<string, string>> = {
  ...{ U: 'U', B: 'B', V: 'V', R: 'R', I: 'I' },
  ...{ u: 'SU', g: 'SG', r: 'SR', i: 'SI', z: 'SZ' },
};
/** Planes of a colour camera measured against the band of their colour. */
const planeCodes: Readonly<Record<string, { readonly code: string; readonly band: string }>> = {
  R: { code: 'TR', band: 'R' },
  G1: { code: 'TG', band: 'V' },
  G2: { code: 'TG', band: 'V' },
  B: { code: 'TB', band: 'B' },
};
const longest = { name: 30, notes: 1000, software: 255 };
const blank = 'na';

/**
 * A report in the AAVSO Extended File Format, version 1.2: mid-exposure as geocentric JD (UTC), magnitudes untransformed
 * and on a standard scale by an ensemble of catalogue stars. A colour camera makes a report of its own kind.
 */
export function aavsoReport(points: readonly ExportPoint[], obscode: string, software: string): AavsoReport {
  const leftOut: { point: ExportPoint; reason: string }[] = [];
  const rows: string[] = [];
  let obstype: string | undefined;
  for (const point of points) {
    const kind = point.plane === 'mono' ? 'CCD' : 'DSLR';
    const reason =
      reasonAgainst(point) ??
      (obstype && kind !== obstype ? `this report is of the kind ${obstype}; ${kind} needs one of its own` : undefined);
    if (reason) {
      leftOut.push({ point, reason });
      continue;
    }
    obstype = kind;
    rows.push(rowOf(point));
  }
  const head = [
    '#TYPE=EXTENDED',
    `#OBSCODE=${obscode}`,
    `#SOFTWARE=${printable(software).slice(0, longest.software)}`,
    '#DELIM=,',
    '#DATE=JD',
    `#OBSTYPE=${obstype ?? 'CCD'}`,
    '#NAME,DATE,MAG,MERR,FILT,TRANS,MTYPE,CNAME,CMAG,KNAME,KMAG,AMASS,GROUP,CHART,NOTES',
  ];
  return { text: `${[...head, ...rows].join('\n')}\n`, leftOut };
}

function reasonAgainst(point: ExportPoint): string | undefined {
  if (filterCode(point) === undefined)
    return `the format has no code for the band ${point.band.name} on the plane ${point.plane}`;
  if (point.target.trim() === '' || printable(point.target).length > longest.name)
    return `its name is empty or longer than ${longest.name} characters`;
  if (!(point.brightness.mag > -30 && point.brightness.mag < 40)) return 'its magnitude is none';
  return undefined;
}

function filterCode({ plane, band }: ExportPoint): string | undefined {
  if (plane === 'mono') return codes[band.name];
  const colour = planeCodes[plane];
  return colour?.band === band.name ? colour.code : undefined;
}

function rowOf(point: ExportPoint): string {
  const { brightness, airmass, band, exposureS, exposureId, instrument, site } = point;
  const notes = `${band.catalogue} ${band.system} by ensemble|exposure ${exposureS} s|${site} ${instrument}|${exposureId.slice(0, 16)}`;
  return [
    printable(point.target),
    (point.mjdMid + jdMinusMjd).toFixed(5),
    `${brightness.kind === 'limit' ? '<' : ''}${brightness.mag.toFixed(3)}`,
    // An error of less than a millimagnitude reads as none, one of ten magnitudes does not fit.
    brightness.kind === 'limit' ? blank : Math.min(Math.max(brightness.magErr, 0.001), 9.999).toFixed(3),
    filterCode(point)!,
    'NO',
    'STD',
    'ENSEMBLE',
    blank,
    blank,
    blank,
    airmass === undefined ? blank : airmass.toFixed(3),
    blank,
    blank,
    printable(notes).slice(0, longest.notes),
  ].join(',');
}

/** ASCII without the delimiter and without what begins a comment. */
function printable(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/[,#]/g, ' ')
    .trim();
}
