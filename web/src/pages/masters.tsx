import type { MastersAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { Wide } from '../wide.tsx';
import { fixed, utc } from '../words.ts';

const columns = [
  'Kind',
  'Taken',
  'Setup',
  'Exposure',
  'Temperature',
  'Filter',
  'Frames',
  'Noise',
  'Gain',
  'Read noise',
  'State',
];

/** The calibration library. */
export function MastersPage() {
  const { answer, trouble } = useAnswer<MastersAnswer>('/api/v1/masters');
  if (!answer) return <p>{trouble ?? 'Asking.'}</p>;
  return (
    <>
      {answer.instruments.map(({ instrument, masters, unreadable }) => (
        <section key={instrument} aria-labelledby={`masters-${instrument}`}>
          <h2 id={`masters-${instrument}`}>Calibration library of {instrument}</h2>
          {unreadable.map((words) => (
            <p key={words} class="bad">
              What is stored of a set cannot be read: {words}
            </p>
          ))}
          {masters.length === 0 && (
            <p>No master frame yet. Bias, dark and flat frames in the watched folders become some by themselves.</p>
          )}
          {masters.length > 0 && (
            <Wide label={`Table of master frames of ${instrument}`}>
              <table>
                <thead>
                  <tr>
                    {columns.map((name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {masters.map((master) => (
                    <Master key={master.setKey} master={master} />
                  ))}
                </tbody>
              </table>
            </Wide>
          )}
          <p>Which of them a frame gets, and why: bhtom-edge masters explain FRAME.</p>
        </section>
      ))}
    </>
  );
}

function Master({ master }: { master: MastersAnswer['instruments'][number]['masters'][number] }) {
  const { kind, takenMs, setup, exposureS, temperatureC, filter, nCombined, noise, state, reason, rejected } = master;
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>{utc(takenMs)}</td>
      <td>{setup}</td>
      <td>{fixed(exposureS, 1, ' s')}</td>
      <td>{fixed(temperatureC, 1, ' °C')}</td>
      <td>{filter ?? '–'}</td>
      <td>
        {nCombined}
        {rejected.length > 0 && (
          <details>
            <summary>{rejected.length} left out</summary>
            {rejected.map(({ name, reason: why }) => (
              <p key={name}>
                {name}: {why}
              </p>
            ))}
          </details>
        )}
      </td>
      <td>{kind === 'flat' ? `${(100 * noise).toFixed(2)} %` : `${noise.toPrecision(3)} ADU`}</td>
      <td>{fixed(master.gainEPerAdu, 3, ' e⁻/ADU')}</td>
      <td>{fixed(master.readNoiseE, 2, ' e⁻')}</td>
      <td class={state === 'good' ? 'good' : 'bad'}>
        {state === 'aside' ? 'kept aside' : state === 'cleared' ? 'file removed' : state}
        {reason !== null && `: ${reason}`}
      </td>
    </tr>
  );
}
