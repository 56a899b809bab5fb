import type { TonightAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { Wide } from '../wide.tsx';
import { fixed, timeOfDay } from '../words.ts';

/** What could be observed tonight, in which order and why. */
export function TonightPage() {
  const { answer, trouble } = useAnswer<TonightAnswer>('/api/v1/tonight');
  if (!answer) return <p>{trouble ?? 'Planning.'}</p>;
  return (
    <>
      {answer.instruments.map((one) => (
        <Foretold key={one.instrument} one={one} />
      ))}
    </>
  );
}

function Foretold({ one }: { one: TonightAnswer['instruments'][number] }) {
  const { instrument, sunsetMs, darkFromMs, darkUntilMs, sunriseMs, visits, leftOut } = one;
  return (
    <section aria-labelledby={`plan-${instrument}`}>
      <h2 id={`plan-${instrument}`}>Tonight with {instrument}: a prediction</h2>
      <p>
        What would be observed if the sky stayed clear and nothing new came. Sunset {timeOfDay(sunsetMs)}, dark{' '}
        {timeOfDay(darkFromMs)} to {timeOfDay(darkUntilMs)}, sunrise {timeOfDay(sunriseMs)} UTC.
      </p>
      {visits.length === 0 && <p>Nothing can be observed.</p>}
      {visits.length > 0 && (
        <>
          <img
            class="altitudes"
            src={`/api/v1/tonight/${encodeURIComponent(instrument)}/altitudes.svg`}
            alt="Altitudes of the targets and the Moon against UTC; the table below tells the same."
          />
          <Wide label={`Plan of ${instrument}`}>
            <table>
              <thead>
                <tr>
                  {['UTC', 'Target', 'Exposures', 'Altitude', 'Airmass', 'Moon', 'Why'].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {visits.map((visit) => (
                  <tr key={`${visit.startMs} ${visit.name}`}>
                    <td>
                      {timeOfDay(visit.startMs)}–{timeOfDay(visit.endMs)}
                    </td>
                    <th scope="row">{visit.name}</th>
                    <td>
                      {visit.exposures
                        .map(({ filter, exposureS, exposureCount }) =>
                          `${exposureCount} × ${exposureS} s ${filter}`.trim(),
                        )
                        .join(', ')}
                    </td>
                    <td>{fixed(visit.altitudeDeg, 0, '°')}</td>
                    <td>{fixed(visit.airmass, 2)}</td>
                    <td>{fixed(visit.moonDistanceDeg, 0, '°')}</td>
                    <td class="why">{visit.why}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Wide>
        </>
      )}
      {leftOut.length > 0 && (
        <details>
          <summary>{leftOut.length} not planned, and why</summary>
          <ul>
            {leftOut.map(({ name, why }) => (
              <li key={name}>
                <strong>{name}</strong>: {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
