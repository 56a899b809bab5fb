import type { ExportPoint } from './point.ts';

/**
 * A light curve as BHTOM takes it for `photometry_csv`: MJD (UTC, mid-exposure), band, magnitude, error; an error of -1
 * stands for a limit. One file holds one target.
 */
export function bhtomCsv(points: readonly ExportPoint[]): string {
  const rows = points.map(({ mjdMid, band, brightness }) => {
    const error = brightness.kind === 'limit' ? '-1' : brightness.magErr.toFixed(4);
    return `${mjdMid.toFixed(6)},${band.catalogue},${brightness.mag.toFixed(4)},${error}`;
  });
  return `${['time,filter,magnitude,error', ...rows].join('\n')}\n`;
}
