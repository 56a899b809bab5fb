import type { TargetPoint } from '../../agent/store/target-points.ts';
import { dateOfMjd, magnitude } from './words.ts';

const [width, height] = [900, 360];
const margin = { left: 72, right: 16, top: 28, bottom: 44 };
/** One for each band, told apart by shape as well as by colour. */
const symbols = ['circle', 'square', 'diamond', 'triangle'] as const;

interface Shown {
  readonly point: TargetPoint;
  readonly mjd: number;
  readonly mag: number;
  readonly isLimit: boolean;
}

/** A light curve: UT date across, magnitude downwards to the faint, errors as bars, limits as arrows; a point leads to its frame. */
export function LightCurve({ points, title }: { points: readonly TargetPoint[]; title: string }) {
  const shown = points.flatMap((point) => shownOf(point));
  if (shown.length === 0) return <p>No point of it has a standard magnitude or a limit at a known time.</p>;
  const bands = [...new Set(shown.map(({ point }) => point.band ?? '?'))].sort();
  const [first, last] = rangeOf(
    shown.map(({ mjd }) => mjd),
    0.5,
  );
  const [bright, faint] = rangeOf(
    shown.flatMap(({ mag, point }) => [mag - (point.magErr ?? 0), mag + (point.magErr ?? 0)]),
    0.1,
  );
  const x = (mjd: number) => margin.left + ((mjd - first) / (last - first)) * (width - margin.left - margin.right);
  const y = (mag: number) => margin.top + ((mag - bright) / (faint - bright)) * (height - margin.top - margin.bottom);
  return (
    <figure class="figure">
      {/* biome-ignore lint/a11y/useSemanticElements: no element of HTML groups the links of a drawing */}
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`Light curve of ${title}: ${shown.length} points in ${bands.join(', ')}`}
      >
        {ticks(first, last, 6).map((mjd) => (
          <g key={mjd} class="tick">
            <line x1={x(mjd)} x2={x(mjd)} y1={margin.top} y2={height - margin.bottom} />
            <text x={x(mjd)} y={height - margin.bottom + 16} text-anchor="middle">
              {last - first > 3 ? dateOfMjd(mjd) : dateOfMjd(mjd, true).slice(5, 16)}
            </text>
          </g>
        ))}
        {ticks(bright, faint, 5).map((mag) => (
          <g key={mag} class="tick">
            <line x1={margin.left} x2={width - margin.right} y1={y(mag)} y2={y(mag)} />
            <text x={margin.left - 6} y={y(mag) + 4} text-anchor="end">
              {mag.toFixed(faint - bright < 0.5 ? 2 : 1)}
            </text>
          </g>
        ))}
        <text class="axis" x={width / 2} y={height - 6} text-anchor="middle">
          UT date
        </text>
        <text class="axis" transform={`translate(14 ${height / 2}) rotate(-90)`} text-anchor="middle">
          magnitude
        </text>
        {shown.map(({ point, mjd, mag, isLimit }) => (
          <a key={`${point.exposureId} ${point.plane}`} href={`#/frames/${point.frameId}`} aria-label={wordsOf(point)}>
            <Mark
              band={bands.indexOf(point.band ?? '?')}
              x={x(mjd)}
              y={y(mag)}
              isLimit={isLimit}
              barPx={point.magErr === null ? 0 : y(mag + point.magErr) - y(mag)}
            />
            <title>{wordsOf(point)}</title>
          </a>
        ))}
        {bands.map((band, k) => (
          <g key={band}>
            <Mark band={k} x={margin.left + 12 + 90 * k} y={14} isLimit={false} barPx={0} />
            <text class="key" x={margin.left + 22 + 90 * k} y={18}>
              {band}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

function shownOf(point: TargetPoint): Shown[] {
  const { mjdMid: mjd, mag, limitMag, verdict } = point;
  if (mjd === null) return [];
  if (verdict === 'detected' && mag !== null) return [{ point, mjd, mag, isLimit: false }];
  return verdict === 'limit' && limitMag !== null ? [{ point, mjd, mag: limitMag, isLimit: true }] : [];
}

function wordsOf({ band, mag, magErr, limitMag, mjdMid, verdict }: TargetPoint): string {
  const what = verdict === 'detected' ? magnitude(mag, magErr) : `fainter than ${limitMag?.toFixed(2)}`;
  return `${dateOfMjd(mjdMid ?? 0, true)} UTC, ${band ?? 'no band'}: ${what}`;
}

function Mark(props: { band: number; x: number; y: number; isLimit: boolean; barPx: number }) {
  const { band, x, y, isLimit, barPx } = props;
  const symbol = symbols[band % symbols.length];
  return (
    <g class={`mark band-${band % 6}`} transform={`translate(${x} ${y})`}>
      {barPx > 4 && <line y1={-barPx} y2={barPx} />}
      {isLimit ? (
        <path d="M-6,0H6M0,0V10M-4,6L0,11L4,6" class="limit" />
      ) : symbol === 'circle' ? (
        <circle r={4} />
      ) : (
        <path
          d={symbol === 'square' ? 'M-4,-4H4V4H-4Z' : symbol === 'diamond' ? 'M0,-5L5,0L0,5L-5,0Z' : 'M0,-5L5,4H-5Z'}
        />
      )}
    </g>
  );
}

/** The range of values with some room at both ends, `least` at least. */
function rangeOf(values: readonly number[], least: number): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.06 * (high - low), least / 2);
  return [low - room, high + room];
}

/** Round numbers inside a range, about so many. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, k) => (first + k) * step);
}
