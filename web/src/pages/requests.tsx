import type { RequestsAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { utc } from '../words.ts';

export function RequestsPage() {
  const { answer, trouble } = useAnswer<RequestsAnswer>('/api/v1/requests');
  return (
    <section aria-labelledby="requests">
      <h2 id="requests">Requests</h2>
      {!answer && <p>{trouble ?? 'Asking.'}</p>}
      {answer?.requests.length === 0 && <p>Nothing was asked for yet. Your own: bhtom-edge requests add FILE</p>}
      {answer && answer.requests.length > 0 && (
        <table>
          <thead>
            <tr>
              {['Target', 'What', 'State', 'Why', 'From', 'Came'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.requests.map(({ source, id, target, what, state, reason, receivedAtMs }) => (
              <tr key={`${source} ${id}`}>
                <th scope="row">{target ?? id}</th>
                <td>{what}</td>
                <td class={state === 'FAILED' ? 'bad' : ''}>{state}</td>
                <td>{reason}</td>
                <td>{source}</td>
                <td>{utc(receivedAtMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
