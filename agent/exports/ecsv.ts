import { toEcsv } from '../../pipeline/tables/ecsv.ts';
import { pointColumns } from './columns.ts';
import type { ExportPoint } from './point.ts';

/** Points with all that is known of them as ECSV, which astropy reads with units. */
export function pointsEcsv(points: readonly ExportPoint[], software: string): string {
  const columns = pointColumns(points).map((column) => ({
    ...column,
    datatype: column.values instanceof Float64Array ? ('float64' as const) : ('string' as const),
  }));
  return toEcsv(columns, { software, mags: 'blank mag with a limit: not detected' });
}
