import type { TargetsAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { dateOfMjd } from '../words.ts';

export function TargetsPage() {
  const { answer, trouble } = useAnswer<TargetsAnswer>('/api/v1/targets');
  return (
    <section aria-labelledby="targets">
      <h2 id="targets">Targets</h2>
      {!answer && <p>{trouble ?? 'Asking.'}</p>}
      {answer?.targets.length === 0 && <p>No target was measured yet.</p>}
      {answer && answer.targets.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">Points</th>
              <th scope="col">Detections</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {answer.targets.map(({ name, nPoints, nDetections, lastMjd }) => (
              <tr key={name}>
                <th scope="row">
                  <a href={`#/targets/${encodeURIComponent(name)}`}>{name}</a>
                </th>
                <td>{nPoints}</td>
                <td>{nDetections}</td>
                <td>{lastMjd === null ? '–' : dateOfMjd(lastMjd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
