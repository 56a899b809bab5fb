import type { ExportPoint } from './point.ts';

/** A light curve as the TOM Toolkit reads it: a magnitude with its error, or a limit; MJD (UTC, mid-exposure). */
export function tomCsv(points: readonly ExportPoint[]): string {
  const rows = points.map(({ mjdMid, band, brightness, site, instrument }) => {
    const [mag, error, limit] =
      brightness.kind === 'limit'
        ? ['', '', brightness.mag.toFixed(4)]
        : [brightness.mag.toFixed(4), brightness.magErr.toFixed(4), ''];
    return [mjdMid.toFixed(6), band.catalogue, mag, error, limit, `${site} ${instrument}`].join(',');
  });
  return `${['time,filter,magnitude,error,limit,source', ...rows].join('\n')}\n`;
}
