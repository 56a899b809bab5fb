import { type ExportPoint, exportPointOf, type RecordedPoint } from '../../agent/exports/point.ts';
import { filters } from '../../config/filters.ts';

export const bandNamed = (name: string) => filters.bands.find((band) => band.name === name)!;

/** What a record tells of SS Cyg at 11.2345 mag in V. */
export const recordedPoint: RecordedPoint = {
  ...{ target: 'SS Cyg', raDeg: 325.678, decDeg: 43.586, mjdMid: 60_000.25, timeVerdict: 'good', timeReasons: [] },
  ...{ exposureS: 60, plane: 'mono', mag: 11.2345, magErr: 0.0123, limit: null, band: bandNamed('V'), filter: 'V' },
  ...{ airmass: 1.2345, exposureId: 'ab'.repeat(32), site: 'hill', instrument: 'main', observer: undefined },
  software: 'bhtom-edge 1.0',
};

/** Changes that make it a limit. */
export const limitOf17 = { mag: null, magErr: null, limit: 17.5 };

export const pointOf = (changes: Partial<RecordedPoint> = {}): ExportPoint =>
  exportPointOf({ ...recordedPoint, ...changes }) as ExportPoint;
