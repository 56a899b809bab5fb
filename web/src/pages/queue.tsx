import type { QueueAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { utc } from '../words.ts';

export function QueuePage() {
  const { answer, trouble } = useAnswer<QueueAnswer>('/api/v1/queue');
  if (!answer) return <p>{trouble ?? 'Asking.'}</p>;
  return (
    <section aria-labelledby="queue">
      <h2 id="queue">Queue</h2>
      <p>
        {answer.counts.map(({ destination, state, count }) => `${destination}: ${count} ${state}`).join(' · ') ||
          'Nothing was to be sent yet.'}
      </p>
      {answer.parcels.length > 0 && (
        <table>
          <thead>
            <tr>
              {['Number', 'Destination', 'Target', 'State', 'Tried', 'What was said', 'Made', 'Next'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.parcels.map(({ id, destination, target, state, failures, lastError, createdAtMs, nextAtMs }) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                <td>{destination}</td>
                <td>{target ?? 'frame'}</td>
                <td class={state === 'rejected' || state === 'parked' ? 'bad' : ''}>{state}</td>
                <td>{failures}</td>
                <td>{lastError ?? ''}</td>
                <td>{utc(createdAtMs)}</td>
                <td>{state === 'queued' || state === 'unknown' || state === 'accepted' ? utc(nextAtMs) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p>To send again or to put aside: bhtom-edge queue retry ID, bhtom-edge queue park ID.</p>
    </section>
  );
}
