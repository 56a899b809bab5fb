import type { LightCurvePoint } from '../ensemble/light-curve.ts';
import type { Column } from '../tables/ecsv.ts';

/** The columns of a light curve: one row a frame, blank where unknown. `limit` is given where there is no `mag`. */
export function lightCurveColumns(points: readonly (LightCurvePoint & { readonly bjdTdb: number })[]): Column[] {
  const time = { datatype: 'float64', unit: 'd', digits: 6 } as const;
  const magnitude = { datatype: 'float64', unit: 'mag', digits: 5 } as const;
  const numbers = (value: (point: LightCurvePoint & { readonly bjdTdb: number }) => number): Float64Array =>
    Float64Array.from(points, value);
  return [
    { name: 'bjd_tdb', ...time, values: numbers((p) => p.bjdTdb), description: 'barycentric, mid-exposure, TDB' },
    { name: 'mjd_mid', ...time, values: numbers((p) => p.mjdMid), description: 'mid-exposure, UTC' },
    { name: 'mag', ...magnitude, values: numbers((p) => p.mag) },
    {
      name: 'mag_err',
      ...magnitude,
      values: numbers((p) => p.magErr),
      description: 'without the zero point of the system',
    },
    {
      name: 'limit',
      ...magnitude,
      values: numbers((p) => p.limit),
      description: 'fainter than this when not detected',
    },
    { name: 'band', datatype: 'string', values: points.map((p) => p.band) },
    { name: 'flags', datatype: 'int32', values: numbers((p) => p.flags) },
    { name: 'file', datatype: 'string', values: points.map((p) => p.file) },
  ];
}
