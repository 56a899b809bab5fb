/** A line of a figure. Points with a y that is not a number are left out, and the line is broken there. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Figure {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yRange: readonly [number, number];
  readonly yTicks: readonly number[];
  /** A strip between two values of y that marks what is wanted. */
  readonly band: readonly [number, number];
  readonly series: readonly Series[];
  /** Name of the series that is drawn strongest. */
  readonly strongest?: string;
}

const size = { width: 760, height: 420, left: 62, right: 200, top: 40, bottom: 52 };
// Okabe & Ito's colours: told apart by every eye.
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555'];

/** A line plot with a logarithmic x axis as an SVG document. Values beyond the y range are drawn at its edge. */
export function lineFigure(figure: Figure): string {
  const { series, yRange } = figure;
  const xs = series.flatMap(({ points }) => points.filter(([, y]) => Number.isFinite(y)).map(([x]) => Math.log10(x)));
  const low = Math.floor(Math.min(...xs) * 4) / 4;
  const high = Math.ceil(Math.max(...xs) * 4) / 4;
  const plotWidth = size.width - size.left - size.right;
  const plotHeight = size.height - size.top - size.bottom;
  const px = (x: number) => size.left + (plotWidth * (Math.log10(x) - low)) / (high - low || 1);
  const py = (y: number) => {
    const clipped = Math.min(yRange[1], Math.max(yRange[0], y));
    return size.top + plotHeight * (1 - (clipped - yRange[0]) / (yRange[1] - yRange[0]));
  };
  const right = size.left + plotWidth;
  const bottom = size.top + plotHeight;
  const decades = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i);
  const parts = [
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    text(size.left, 22, figure.title, 'font-size="15" font-weight="600"'),
    `<rect x="${size.left}" y="${n(py(figure.band[1]))}" width="${plotWidth}" height="${n(py(figure.band[0]) - py(figure.band[1]))}" fill="#e8f1e4"/>`,
    ...figure.yTicks.map((y) => line(size.left, py(y), right, py(y), '#ddd')),
    ...figure.yTicks.map((y) => text(size.left - 8, py(y) + 4, String(y), 'text-anchor="end"')),
    ...decades.map((d) => line(px(10 ** d), size.top, px(10 ** d), bottom, '#ddd')),
    ...decades.map(
      (d) =>
        `<text x="${n(px(10 ** d))}" y="${bottom + 18}" text-anchor="middle">10<tspan dy="-5" font-size="9">${d}</tspan></text>`,
    ),
    `<rect x="${size.left}" y="${size.top}" width="${plotWidth}" height="${plotHeight}" fill="none" stroke="#444"/>`,
    text(size.left + plotWidth / 2, size.height - 12, figure.xLabel, 'text-anchor="middle"'),
    `<text transform="translate(16 ${n(size.top + plotHeight / 2)}) rotate(-90)" text-anchor="middle">${escapeXml(figure.yLabel)}</text>`,
    ...series.flatMap(({ name, points }, k) => {
      const colour = colours[k % colours.length]!;
      const good = points.filter(([, y]) => Number.isFinite(y));
      const y = size.top + 12 + 20 * k;
      return [
        path(points, px, py, colour, name === figure.strongest),
        ...good.map(([x, value]) => `<circle cx="${n(px(x))}" cy="${n(py(value))}" r="3" fill="${colour}"/>`),
        `<circle cx="${right + 18}" cy="${y - 4}" r="4" fill="${colour}"/>`,
        text(right + 28, y, name, name === figure.strongest ? 'font-weight="600"' : ''),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" fill="#222" role="img" aria-label="${escapeXml(figure.title)}">\n${parts.join('\n')}\n</svg>\n`;
}

function path(
  points: Series['points'],
  px: (x: number) => number,
  py: (y: number) => number,
  colour: string,
  strong: boolean,
): string {
  let pen = 'M';
  const steps: string[] = [];
  for (const [x, y] of points) {
    if (Number.isFinite(y)) steps.push(`${pen}${n(px(x))} ${n(py(y))}`);
    pen = Number.isFinite(y) ? 'L' : 'M';
  }
  return `<path d="${steps.join(' ')}" fill="none" stroke="${colour}" stroke-width="${strong ? 2.5 : 1.5}"/>`;
}

const n = (value: number) => value.toFixed(1);
const escapeXml = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, value: string, more: string): string {
  return `<text x="${n(x)}" y="${n(y)}" ${more}>${escapeXml(value)}</text>`;
}
