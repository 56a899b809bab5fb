import type { Column } from '../../pipeline/tables/ecsv.ts';
import type { CurvePoint } from './points.ts';

type NumberKey = { [K in keyof CurvePoint]: CurvePoint[K] extends number ? K : never }[keyof CurvePoint];
type TextKey = Exclude<keyof CurvePoint, NumberKey>;

/** The columns of a light curve, one row a point, blank where unknown. */
export function curveColumns(points: readonly CurvePoint[]): Column[] {
  const number = (key: NumberKey, name: string, unit: string, digits: number, description = ''): Column => ({
    ...{ name, datatype: 'float64', digits, values: Float64Array.from(points, (point) => point[key]) },
    ...(unit && { unit }),
    ...(description && { description }),
  });
  const text = (key: TextKey, name: string, description = ''): Column => ({
    ...{ name, datatype: 'string', values: points.map((point) => point[key]) },
    ...(description && { description }),
  });
  return [
    number('bjdTdb', 'bjd_tdb', 'd', 6, 'barycentric, mid-exposure, TDB'),
    number('hjdUtc', 'hjd_utc', 'd', 6, 'heliocentric, mid-exposure, UTC'),
    number('jdUtc', 'jd_utc', 'd', 6, 'geocentric, mid-exposure, UTC'),
    text('timeVerdict', 'time', 'how far the time can be trusted'),
    number('mag', 'mag', 'mag', 4, 'standard magnitude by the constant zero point'),
    number('magErr', 'mag_err', 'mag', 4, 'the zero point included'),
    number('limit', 'limit', 'mag', 4, 'S/N 5, where not detected'),
    text('band', 'band'),
    text('filter', 'filter', 'as the header names it'),
    text('plane', 'plane', 'mono, or the plane of a colour camera'),
    number('airmass', 'airmass', '', 4),
    number('exposureS', 'exposure', 's', 3),
    number('fwhmPx', 'fwhm', 'pix', 3),
    number('skyE', 'sky', 'electron / pix', 2),
    number('flux', 'flux', 'electron', 2),
    number('fluxErr', 'flux_err', 'electron', 2),
    { name: 'flags', datatype: 'int32', values: Float64Array.from(points, ({ flags }) => flags) },
    text('verdict', 'verdict'),
    text('instrument', 'instrument'),
    text('file', 'file'),
    text('exposureId', 'exposure_id', 'SHA-256 of pixels and time'),
  ];
}

/**
 * A measurement table as AstroImageJ has it, tab-separated, of one filter: the target is T1. `rel_flux_T1` is the flux
 * above the atmosphere that the magnitude stands for, relative to the median of the points: what comparison stars do
 * there, the zero point of the frame's stars does here. Only detections at a sure time.
 */
export function astroImageJTable(points: readonly CurvePoint[]): string {
  const sure = points.filter(({ timeVerdict, mag }) => timeVerdict === 'good' && Number.isFinite(mag));
  const mags = sure.map(({ mag }) => mag).sort((a, b) => a - b);
  const middle = mags[Math.floor(mags.length / 2)] ?? 0;
  const columns: readonly (readonly [name: string, value: (point: CurvePoint) => string])[] = [
    ['Label', ({ file }) => file.replace(/\s+/g, '_')],
    ['JD_UTC', ({ jdUtc }) => jdUtc.toFixed(6)],
    ['HJD_UTC', ({ hjdUtc }) => hjdUtc.toFixed(6)],
    ['BJD_TDB', ({ bjdTdb }) => bjdTdb.toFixed(6)],
    ['AIRMASS', ({ airmass }) => airmass.toFixed(6)],
    ['EXPTIME', ({ exposureS }) => exposureS.toFixed(3)],
    ['FWHM_Mean', ({ fwhmPx }) => fwhmPx.toFixed(3)],
    ['rel_flux_T1', ({ mag }) => (10 ** (-0.4 * (mag - middle))).toFixed(6)],
    ['rel_flux_err_T1', ({ mag, magErr }) => (10 ** (-0.4 * (mag - middle)) * magErr * relativePerMag).toFixed(6)],
    ['Source-Sky_T1', ({ flux }) => flux.toFixed(2)],
    ['Source_Error_T1', ({ fluxErr }) => fluxErr.toFixed(2)],
    ['Source_AMag_T1', ({ mag }) => mag.toFixed(5)],
    ['Source_AMag_Err_T1', ({ magErr }) => magErr.toFixed(5)],
    ['Sky/Pixel_T1', ({ skyE }) => skyE.toFixed(2)],
    ['X(FITS)_T1', ({ x }) => x.toFixed(3)],
    ['Y(FITS)_T1', ({ y }) => y.toFixed(3)],
  ];
  const head = ['', ...columns.map(([name]) => name)].join('\t');
  const rows = sure.map((point, i) => [String(i + 1), ...columns.map(([, value]) => value(point))].join('\t'));
  return `${[head, ...rows].join('\n')}\n`;
}

/** Relative flux of a magnitude, at small ones. */
const relativePerMag = Math.LN10 / 2.5;
