import { axis } from '../../pipeline/products/axis.ts';
import { escaped, label, line, palette, round } from '../../pipeline/products/svg.ts';
import type { Site } from '../../sky/site.ts';
import { SiteSky, TargetSky } from '../../sky/site-sky.ts';
import { sunAt } from '../../sky/sun-and-moon.ts';
import { utcMinute } from './explain.ts';
import type { Plan, PlannedVisit } from './plan.ts';

const width = 960;
const plot = { left: 64, right: 936, top: 64, bottom: 464 };
const legendRow = 20;
const stepMs = 300_000;
const hourMs = 3_600_000;
/** The darkness of the sky by the altitude of the Sun, from the brightest. */
const twilights = [
  { belowDeg: 0, colour: '#c9d6ea' },
  { belowDeg: -6, colour: '#a9b9d4' },
  { belowDeg: -12, colour: '#8c9cbb' },
  { belowDeg: -18, colour: '#74829f' },
] as const;

/**
 * Altitudes of the planned targets through the night against UTC, as SVG: a line each, thick while it is observed, the
 * Moon dashed, twilights as shades, the visits listed below. Text is drawn, not scripted: safe to show anywhere.
 */
export function altitudeSvg(plan: Plan, site: Site, title: string): string {
  const { startMs, endMs } = plan.span;
  const time = axis(0, (endMs - startMs) / hourMs, plot.left, plot.right, 10);
  const height = axis(0, 90, plot.bottom, plot.top, 9);
  const x = (atMs: number) => time.place((atMs - startMs) / hourMs);
  const curve = (altitudeAt: (sky: SiteSky) => number, fromMs: number, toMs: number) => {
    const points: string[] = [];
    for (const atMs of steps(fromMs, toMs)) {
      const altitudeDeg = altitudeAt(new SiteSky(site, atMs));
      points.push(`${round(x(atMs))},${round(height.place(Math.max(0, altitudeDeg)))}`);
    }
    return points.join(' ');
  };
  const names = [...new Set(plan.visits.map(({ name }) => name))];
  const colourOf = ({ name }: PlannedVisit) => palette[names.indexOf(name) % palette.length]!;
  const whole = plan.visits.filter(({ name }, at) => plan.visits.findIndex((one) => one.name === name) === at);
  const altitudeOf =
    ({ position }: PlannedVisit) =>
    (sky: SiteSky) =>
      new TargetSky(sky, position).altitudeDeg;
  const bottom = plot.bottom + 64 + legendRow * plan.visits.length;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}"`,
    ` font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="14" fill="#222">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${bottom}" fill="#fff"/>`,
    `<text x="${plot.left}" y="34" font-size="20" font-weight="600">${escaped(title)}</text>`,
    ...shades(site, startMs, endMs, x),
    ...height.ticks.map(
      (deg) =>
        `<g stroke="#fff" stroke-opacity="0.5">${line(plot.left, height.place(deg), plot.right, height.place(deg))}</g>`,
    ),
    ...height.ticks.map(
      (deg) => `<text x="${plot.left - 8}" y="${round(height.place(deg) + 5)}" text-anchor="end">${deg}</text>`,
    ),
    ...hours(startMs, endMs).map((atMs) => label(x(atMs), plot.bottom + 20, utcMinute(atMs).slice(0, 5))),
    label((plot.left + plot.right) / 2, plot.bottom + 42, 'UTC'),
    `<text transform="translate(20 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">altitude (degrees)</text>`,
    polyline(
      curve((sky) => sky.moonAltitudeDeg, startMs, endMs),
      '#fff8d6',
      2,
      ' stroke-dasharray="6 5"',
    ),
    ...whole.map((visit) => polyline(curve(altitudeOf(visit), startMs, endMs), colourOf(visit), 1)),
    ...plan.visits.map((visit) => polyline(curve(altitudeOf(visit), visit.startMs, visit.endMs), colourOf(visit), 5)),
    ...plan.visits.map((visit, at) => legend(visit, colourOf(visit), plot.bottom + 66 + legendRow * at)),
    plan.visits.length === 0
      ? label((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, 'nothing is planned')
      : '',
    '</svg>',
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

function shades(site: Site, startMs: number, endMs: number, x: (atMs: number) => number): string[] {
  return [...steps(startMs, endMs)].slice(0, -1).flatMap((atMs) => {
    const sunDeg = sunAt(site, atMs + stepMs / 2).altitudeDeg;
    const colour = twilights.findLast(({ belowDeg }) => sunDeg < belowDeg)?.colour ?? '#eef2f8';
    const [from, to] = [x(atMs), x(Math.min(atMs + stepMs, endMs))];
    const size = `width="${round(to - from + 0.5)}" height="${plot.bottom - plot.top}"`;
    return `<rect x="${round(from)}" y="${plot.top}" ${size} fill="${colour}"/>`;
  });
}

/** Every five minutes, both ends among them. */
function* steps(fromMs: number, toMs: number): Iterable<number> {
  for (let atMs = fromMs; atMs < toMs; atMs += stepMs) yield atMs;
  yield toMs;
}

function hours(startMs: number, endMs: number): number[] {
  const times: number[] = [];
  for (let atMs = Math.ceil(startMs / hourMs) * hourMs; atMs <= endMs; atMs += hourMs) times.push(atMs);
  return times;
}

function polyline(points: string, colour: string, strokeWidth: number, more = ''): string {
  return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="${strokeWidth}"${more}/>`;
}

function legend({ name, startMs, endMs, airmass }: PlannedVisit, colour: string, y: number): string {
  const words = `${utcMinute(startMs).slice(0, 5)} to ${utcMinute(endMs).slice(0, 5)}  ${name}, airmass ${airmass.toFixed(2)}`;
  return `<rect x="${plot.left}" y="${y - 10}" width="18" height="6" fill="${colour}"/><text x="${plot.left + 28}" y="${y - 2}">${escaped(words)}</text>`;
}
