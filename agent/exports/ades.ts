import type { Export, ExportPoint } from './point.ts';

/** Who observes with what, as the Minor Planet Center asks for it. */
export interface AdesObservatory {
  /** Code of the observatory. */
  readonly station: string;
  readonly submitter: string;
  readonly apertureM: number;
  readonly detector: 'CCD' | 'CMO';
  /** Catalogue of the astrometry, by its ADES name; `UNK` where it is not known. */
  readonly astCat: string;
}

/** Bands by their ADES names. */
const bandNames: Readonly<Record<string, string>> = {
  ...{ U: 'Uj', B: 'Bj', V: 'Vj', R: 'Rc', I: 'Ic', u: 'Su', g: 'Sg', r: 'Sr', i: 'Si', z: 'Sz' },
  ...{ G: 'G', BP: 'Gb', RP: 'Gr' },
};
const columns = ['permID', 'provID', 'trkSub', 'mode', 'stn', 'obsTime', 'ra', 'dec', 'astCat'] as const;
const photometry = ['mag', 'rmsMag', 'band', 'logSNR', 'exp'] as const;

/**
 * Observations of moving targets as ADES in its form with pipes (version 2022): places as they were measured, ICRS, at
 * mid-exposure. One place a target and exposure: a second one would make the centre refuse all of them.
 */
export function adesPsv(points: readonly ExportPoint[], observatory: AdesObservatory): Export {
  const { station, submitter, apertureM, detector, astCat } = observatory;
  const leftOut: { point: ExportPoint; reason: string }[] = [];
  const rows = new Map<string, { point: ExportPoint; cells: readonly string[] }>();
  for (const point of points) {
    const { brightness, measured, band } = point;
    const object = designationOf(point.target);
    if (!object) {
      leftOut.push({ point, reason: 'its name is no number, designation or temporary name of eight characters' });
      continue;
    }
    if (brightness.kind === 'limit' || !measured) {
      leftOut.push({ point, reason: 'no clean source was found where it was predicted' });
      continue;
    }
    const obsTime = timeOf(point.mjdMid);
    const key = `${object.join('|')} ${obsTime}`;
    const before = rows.get(key);
    if (before && before.point.measured!.snr >= measured.snr) {
      leftOut.push({ point, reason: 'another measurement of the same moment stands out better' });
      continue;
    }
    if (before)
      leftOut.push({ point: before.point, reason: 'another measurement of the same moment stands out better' });
    const place = [measured.raDeg.toFixed(6), measured.decDeg.toFixed(6)];
    const light = [brightness.mag.toFixed(2), Math.max(brightness.magErr, 0.01).toFixed(2), bandNames[band.name] ?? ''];
    const rest = [Math.log10(measured.snr).toFixed(2), String(point.exposureS)];
    rows.set(key, { point, cells: [...object, detector, station, obsTime, ...place, astCat, ...light, ...rest] });
  }
  const head = [
    ...['# version=2022', '# observatory', `! mpcCode ${station}`],
    ...['# submitter', `! name ${submitter}`, '# observers', `! name ${submitter}`],
    ...['# measurers', `! name ${submitter}`],
    ...['# telescope', '! design Reflector', `! aperture ${apertureM}`, `! detector ${detector}`],
    [...columns, ...photometry].join('|'),
  ];
  const lines = [...head, ...[...rows.values()].map(({ cells }) => cells.join('|'))];
  return { content: `${lines.join('\n')}\n`, leftOut };
}

/** permID, provID and trkSub of a name, two of them blank: `(433) Eros`, `2026 AB12`, `C/2023 A3`, `29P`, `abc123`. */
function designationOf(name: string): [string, string, string] | undefined {
  const text = name.trim();
  const numbered = /^\(?(\d+)\)?(?:\s+[A-Za-z' -]+)?$/.exec(text)?.[1] ?? /^(\d+[PDI])(?:\/.*)?$/.exec(text)?.[1];
  if (numbered) return [numbered, '', ''];
  if (/^(?:[CPDXAI]\/)?\d{4} [A-Z]{1,2}\d*(?:-[A-Z]{1,2})?$/.test(text)) return ['', text, ''];
  if (/^[A-Za-z0-9_-]{1,8}$/.test(text)) return ['', '', text];
  return undefined;
}

/** To a tenth of a second, as one computer clock among others knows it. */
function timeOf(mjdUtc: number): string {
  const tenths = Math.round((mjdUtc - 40_587) * 864_000);
  return `${new Date(tenths * 100).toISOString().slice(0, 21)}Z`;
}
