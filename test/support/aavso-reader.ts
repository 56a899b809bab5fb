/**
 * A reader of the AAVSO Extended File Format that is as strict as its description (version 1.2, latest update of December
 * 2021): gives the observations, throws at the first thing that the description does not allow.
 */
export interface AavsoObservation {
  readonly name: string;
  readonly date: number;
  readonly mag: number;
  readonly isLimit: boolean;
  readonly error: number | undefined;
  readonly filter: string;
}

const filters = new Set(
  'U B V R I J H K TG TB TR CV CR SZ SU SG SR SI STU STV STB STY STHBW STHBN MA MB MI ZS Y HA HAC O'.split(' '),
);
const required = ['TYPE', 'OBSCODE', 'SOFTWARE', 'DELIM', 'DATE', 'OBSTYPE'];

export function readAavso(text: string): AavsoObservation[] {
  if (/[^\x20-\x7e\n]/.test(text)) throw new Error('characters that are not ASCII');
  if (!text.endsWith('\n')) throw new Error('the last line is not whole');
  const lines = text.slice(0, -1).split('\n');
  const parameters = new Map<string, string>();
  const rows: AavsoObservation[] = [];
  for (const line of lines) {
    if (line === '') throw new Error('a blank line that is no comment');
    const parameter = /^#([A-Z]+)=(.*)$/i.exec(line);
    if (parameter) parameters.set(parameter[1]!.toUpperCase(), parameter[2]!);
    if (line.startsWith('#')) continue;
    if (required.some((name) => !parameters.has(name))) throw new Error('observations before all parameters');
    rows.push(readRow(line.split(',')));
  }
  if (parameters.get('TYPE')?.toUpperCase() !== 'EXTENDED') throw new Error('TYPE');
  if (!/^[A-Z0-9]{1,10}$/i.test(parameters.get('OBSCODE')!)) throw new Error('OBSCODE');
  if (parameters.get('SOFTWARE')!.length > 255) throw new Error('SOFTWARE');
  if (parameters.get('DELIM') !== ',') throw new Error('DELIM');
  if (!['JD', 'HJD', 'EXCEL'].includes(parameters.get('DATE')!)) throw new Error('DATE');
  if (!['CCD', 'DSLR', 'PEP', 'VISDIG'].includes(parameters.get('OBSTYPE')!)) throw new Error('OBSTYPE');
  return rows;
}

function readRow(cells: readonly string[]): AavsoObservation {
  if (cells.length !== 15) throw new Error(`${cells.length} fields`);
  const [name, date, mag, error, filter, trans, type, cname, cmag, kname, kmag, airmass, group, chart] =
    cells as string[];
  const limits: [string | undefined, number][] = [
    [name, 30],
    [date, 16],
    [mag, 8],
    [error, 6],
    [cname, 20],
    [cmag, 8],
    [kname, 20],
    [kmag, 8],
    [airmass, 7],
    [group, 5],
    [chart, 20],
  ];
  for (const [text, length] of limits)
    if (!text || text.length > length) throw new Error(`"${text}" is longer than ${length} or empty`);
  if (!/^<?-?\d+\.\d+$/.test(mag!)) throw new Error(`magnitude ${mag}`);
  if (error !== 'na' && !/^\d+\.\d+$/.test(error!)) throw new Error(`error ${error}`);
  if (!filters.has(filter!)) throw new Error(`filter ${filter}`);
  if (!['YES', 'NO'].includes(trans!)) throw new Error(`TRANS ${trans}`);
  if (!['STD', 'ABS', 'DIF'].includes(type!)) throw new Error(`MTYPE ${type}`);
  const jd = Number(date);
  if (!(jd > 2_400_000.5 && jd < 2_500_000)) throw new Error(`date ${date}`);
  if (airmass !== 'na' && !(Number(airmass) >= 1)) throw new Error(`airmass ${airmass}`);
  if (kname === 'na' && kmag !== 'na') throw new Error('KMAG without KNAME');
  return {
    name: name!,
    date: jd,
    mag: Number(mag!.replace('<', '')),
    isLimit: mag!.startsWith('<'),
    error: error === 'na' ? undefined : Number(error),
    filter: filter!,
  };
}
