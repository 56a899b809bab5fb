import type { TargetPoint } from '../../agent/store/target-points.ts';
import { Mark, rangeOf, ticks } from './figure.tsx';
import { dateOfMjd, magnitude } from './words.ts';

const [width, height] = [900, 360];
const margin = { left: 72, right: 16, top: 28, bottom: 44 };

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
