import type { LightCurve, LightCurvePoint } from '../ensemble/light-curve.ts';
import { type Axis, axis } from './axis.ts';
import { escaped, label, line, palette, round } from './svg.ts';

type TimedPoint = Pick<LightCurvePoint, 'mag' | 'magErr' | 'limit'> & { readonly bjdTdb: number };
/** Points of one filter; those of an ensemble with its comparison stars and its scatter. */
type TimedCurve = Pick<LightCurve, 'filter' | 'band'> &
  Partial<Pick<LightCurve, 'nComparison' | 'scatterMag'>> & { readonly points: readonly TimedPoint[] };

const width = 960;
const height = 540;
const plot = { left: 86, right: 936, top: 56, bottom: 478 };
/**
 * A light curve as SVG: magnitudes with their errors, bright at the top, against BJD_TDB; limits as open arrows down;
 * a colour for each filter. Text is drawn, not scripted: the file is safe to show anywhere.
 */
export function lightCurveSvg(name: string, curves: readonly TimedCurve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const start = Math.floor(rangeOf(points.map((point) => point.bjdTdb))?.[0] ?? 0);
  const time = timeAxis(points, start);
  const mag = magnitudeAxis(points);
  const bands = [...new Set(curves.map((curve) => curve.band))];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="14" fill="#222">`,
    `<title>Light curve of ${escaped(name)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${plot.left}" y="34" font-size="20" font-weight="600">${escaped(name)}</text>`,
    legend(curves),
    grid(time, mag),
    label((plot.left + plot.right) / 2, height - 16, `BJD (TDB) - ${start}`),
    `<text transform="translate(24 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">` +
      `magnitude${bands.length === 1 ? ` (${escaped(bands[0]!)})` : ''}</text>`,
    ...curves.map((curve, at) => marks(curve.points, palette[at % palette.length]!, time, mag, start)),
    points.length === 0 ? label((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, 'no measurement') : '',
    '</svg>',
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

/** Least and greatest of the finite values; undefined when there is none. */
function rangeOf(values: readonly number[]): [number, number] | undefined {
  let range: [number, number] | undefined;
  for (const value of values)
    if (Number.isFinite(value)) range = range ? [Math.min(range[0], value), Math.max(range[1], value)] : [value, value];
  return range;
}

function timeAxis(points: readonly TimedPoint[], start: number): Axis {
  const [low, high] = rangeOf(points.map((point) => point.bjdTdb - start)) ?? [0, 1];
  const margin = high > low ? 0.03 * (high - low) : 0.01;
  return axis(low - margin, high + margin, plot.left, plot.right, 8);
}

function magnitudeAxis(points: readonly TimedPoint[]): Axis {
  const values = points.flatMap(({ mag, magErr, limit }) => {
    const err = Number.isFinite(magErr) ? Math.min(magErr, 1) : 0;
    return [mag - err, mag + err, limit];
  });
  const [low, high] = rangeOf(values) ?? [0, 1];
  const margin = high > low ? 0.06 * (high - low) : 0.05;
  return axis(low - margin, high + margin, plot.top, plot.bottom, 7);
}

function grid(time: Axis, mag: Axis): string {
  const lines: string[] = ['<g stroke="#e3e3e3" stroke-width="1">'];
  for (const tick of time.ticks) lines.push(line(time.place(tick), plot.top, time.place(tick), plot.bottom));
  for (const tick of mag.ticks) lines.push(line(plot.left, mag.place(tick), plot.right, mag.place(tick)));
  lines.push('</g>');
  const { left, right, top, bottom } = plot;
  lines.push(
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#888"/>`,
  );
  for (const tick of time.ticks) lines.push(label(time.place(tick), bottom + 22, text(tick, time.digits)));
  for (const tick of mag.ticks) {
    const y = round(mag.place(tick) + 5);
    lines.push(`<text x="${left - 10}" y="${y}" text-anchor="end">${text(tick, mag.digits)}</text>`);
  }
  return lines.join('\n');
}

function marks(points: readonly TimedPoint[], colour: string, time: Axis, mag: Axis, start: number): string {
  const shapes: string[] = [`<g stroke="${colour}" fill="${colour}" stroke-width="1.2">`];
  for (const point of points) {
    const x = time.place(point.bjdTdb - start);
    if (Number.isFinite(point.mag)) {
      const y = mag.place(point.mag);
      if (Number.isFinite(point.magErr))
        shapes.push(line(x, mag.place(point.mag - point.magErr), x, mag.place(point.mag + point.magErr)));
      shapes.push(`<circle cx="${round(x)}" cy="${round(y)}" r="3.2" stroke="none"/>`);
    } else if (Number.isFinite(point.limit)) {
      const y = round(mag.place(point.limit));
      shapes.push(`<path d="M${round(x - 5)} ${y}h10l-5 9z" fill="none"/>`);
    }
  }
  shapes.push('</g>');
  return shapes.join('\n');
}

/** Right of the name, from the right edge: a dot, the filter, how many points and their scatter; shorter for several. */
function legend(curves: readonly TimedCurve[]): string {
  const rows: string[] = [];
  let right = plot.right;
  for (let at = curves.length - 1; at >= 0; at--) {
    const { filter, points, nComparison, scatterMag } = curves[at]!;
    const scatter =
      scatterMag !== undefined && Number.isFinite(scatterMag) ? `, ${(1000 * scatterMag).toFixed(1)} mmag` : '';
    const compared = curves.length === 1 && nComparison !== undefined ? `, ${nComparison} comparison stars` : '';
    const words = `${filter}: ${points.length} points${compared}${scatter}`;
    rows.push(`<text x="${right}" y="34" text-anchor="end">${escaped(words)}</text>`);
    right -= 7.6 * words.length + 14;
    rows.push(`<circle cx="${round(right + 4)}" cy="29" r="4" fill="${palette[at % palette.length]}"/>`);
    right -= 18;
  }
  return rows.join('\n');
}

function text(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
}
