import type { NightsAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { Wide } from '../wide.tsx';
import { fixed, share } from '../words.ts';

/** The history: a line a night. */
export function NightsPage() {
  const { answer, trouble } = useAnswer<NightsAnswer>('/api/v1/nights');
  return (
    <section aria-labelledby="nights">
      <h2 id="nights">Nights</h2>
      {!answer && <p>{trouble ?? 'Asking.'}</p>}
      {answer?.nights.length === 0 && <p>No frame was measured yet.</p>}
      {answer && answer.nights.length > 0 && (
        <Wide label="Table of nights">
          <table>
            <thead>
              <tr>
                {['Evening of', 'Measured', 'FWHM, mean', 'Light that arrived, mean', 'Limit (S/N 5), mean'].map(
                  (name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {answer.nights.map((night) => (
                <tr key={night.date}>
                  <th scope="row">
                    <a href={`#/nights/${night.date}`}>{night.date}</a>
                  </th>
                  <td>{night.nMeasured}</td>
                  <td>{fixed(night.fwhmArcsec, 1, '″')}</td>
                  <td>{share(night.share)}</td>
                  <td>{fixed(night.limitingMag, 1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </section>
  );
}
