import type { TargetAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { LightCurve } from '../light-curve.tsx';
import { Wide } from '../wide.tsx';
import { dateOfMjd, fixed, magnitude } from '../words.ts';

/** One target: its light curve at this site, and from each point the way to its frame. */
export function TargetPage({ name }: { name: string }) {
  const { answer, trouble } = useAnswer<TargetAnswer>(`/api/v1/targets/${encodeURIComponent(name)}`);
  if (!answer) return <p>{trouble ?? 'Asking.'}</p>;
  const points = [...answer.points].reverse();
  return (
    <article>
      <h2>{answer.name}</h2>
      <LightCurve points={answer.points} title={answer.name} />
      <Wide label="Table of points">
        <table>
          <thead>
            <tr>
              {['Mid-exposure (UTC)', 'MJD', 'Band', 'Magnitude', 'Limit', 'Airmass', 'Exposure', 'What', 'Frame'].map(
                (one) => (
                  <th key={one} scope="col">
                    {one}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <tr key={`${point.exposureId} ${point.plane}`}>
                <td>{point.mjdMid === null ? '–' : dateOfMjd(point.mjdMid, true)}</td>
                <td>{fixed(point.mjdMid, 5)}</td>
                <td>{point.band ?? '–'}</td>
                <td>{magnitude(point.mag, point.magErr)}</td>
                <td>{fixed(point.limitMag, 2)}</td>
                <td>{fixed(point.airmass, 2)}</td>
                <td>{fixed(point.exposureS, 0, ' s')}</td>
                <td>
                  {point.verdict ?? '–'}
                  {point.timeVerdict === 'good' ? '' : `, its time is ${point.timeVerdict ?? 'unknown'}`}
                </td>
                <td>
                  <a href={`#/frames/${point.frameId}`}>{point.frameId}</a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </article>
  );
}
