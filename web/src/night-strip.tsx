import type { FrameQuality } from '../../agent/store/frame-quality.ts';
import { hourTicks, Mark, rangeOf, ticks } from './figure.tsx';
import { dateOfMjd } from './words.ts';

const width = 900;
const margin = { left: 72, right: 16, top: 30, bottom: 40 };
const [panelHeight, gap] = [130, 26];

interface Panel {
  readonly title: string;
  readonly of: (frame: FrameQuality) => number | null;
  readonly digits: number;
  /** The least range that is drawn. */
  readonly least: number;
}

/** Each against the time: what the air, the focus and the clouds did. */
const panels: readonly Panel[] = [
  { title: 'zero point (mag)', of: ({ zeroPoint }) => zeroPoint, digits: 2, least: 0.2 },
  { title: 'FWHM (″)', of: ({ fwhmArcsec }) => fwhmArcsec, digits: 1, least: 1 },
  {
    title: 'light that arrived (%)',
    of: ({ share }) => (share === null ? null : 100 * share),
    digits: 0,
    least: 20,
  },
];

/** The course of a night, a point a frame, each the way to its frame; nothing where no frame tells. */
export function NightStrip({ frames, title }: { frames: readonly FrameQuality[]; title: string }) {
  const drawn = panels.filter(({ of }) => frames.some((frame) => of(frame) !== null));
  if (drawn.length === 0) return <p>No frame of this night tells its zero point or its seeing.</p>;
  const filters = [...new Set(frames.map(filterOf))].sort();
  const [first, last] = rangeOf(
    frames.map(({ mjdMid }) => mjdMid * 24),
    0.2,
  );
  const x = (mjd: number) => margin.left + ((mjd * 24 - first) / (last - first)) * (width - margin.left - margin.right);
  const bottom = margin.top + drawn.length * (panelHeight + gap) - gap;
  return (
    <figure class="figure">
      {/* biome-ignore lint/a11y/useSemanticElements: no element of HTML groups the links of a drawing */}
      <svg
        viewBox={`0 0 ${width} ${bottom + margin.bottom}`}
        role="group"
        aria-label={`${title}: ${frames.length} frames`}
      >
        {hourTicks(first, last, 9).map((hour) => (
          <g key={hour} class="tick">
            <line x1={x(hour / 24)} x2={x(hour / 24)} y1={margin.top} y2={bottom} />
            <text x={x(hour / 24)} y={bottom + 16} text-anchor="middle">
              {dateOfMjd(hour / 24, true).slice(11, 16)}
            </text>
          </g>
        ))}
        <text class="axis" x={width / 2} y={bottom + 34} text-anchor="middle">
          UTC
        </text>
        {drawn.map((panel, k) => (
          <PanelDrawing
            key={panel.title}
            {...{ panel, frames, filters, x }}
            top={margin.top + k * (panelHeight + gap)}
          />
        ))}
        {filters.map((filter, k) => (
          <g key={filter}>
            <Mark band={k} x={margin.left + 12 + 110 * k} y={12} isLimit={false} barPx={0} />
            <text class="key" x={margin.left + 22 + 110 * k} y={16}>
              {filter}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

function PanelDrawing(props: {
  panel: Panel;
  frames: readonly FrameQuality[];
  filters: readonly string[];
  x: (mjd: number) => number;
  top: number;
}) {
  const { panel, frames, filters, x, top } = props;
  const { title, of, digits, least } = panel;
  const shown = frames.flatMap((frame) => {
    const value = of(frame);
    return value === null ? [] : [{ frame, value }];
  });
  const [low, high] = rangeOf(
    shown.map(({ value }) => value),
    least,
  );
  const y = (value: number) => top + ((high - value) / (high - low)) * panelHeight;
  return (
    <g>
      {ticks(low, high, 4).map((value) => (
        <g key={value} class="tick">
          <line x1={margin.left} x2={width - margin.right} y1={y(value)} y2={y(value)} />
          <text x={margin.left - 6} y={y(value) + 4} text-anchor="end">
            {value.toFixed(digits)}
          </text>
        </g>
      ))}
      <text class="axis" transform={`translate(14 ${top + panelHeight / 2}) rotate(-90)`} text-anchor="middle">
        {title}
      </text>
      {shown.map(({ frame, value }) => {
        const words = `${dateOfMjd(frame.mjdMid, true)} UTC, ${filterOf(frame)}: ${title} ${value.toFixed(digits)}`;
        return (
          <a key={frame.frameId} href={`#/frames/${frame.frameId}`} aria-label={words}>
            <Mark band={filters.indexOf(filterOf(frame))} x={x(frame.mjdMid)} y={y(value)} isLimit={false} barPx={0} />
            <title>{words}</title>
          </a>
        );
      })}
    </g>
  );
}

function filterOf({ filter, band }: FrameQuality): string {
  return filter || band || 'no filter';
}
