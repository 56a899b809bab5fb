import type { NightAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { NightStrip } from '../night-strip.tsx';
import { Wide } from '../wide.tsx';
import { dateOfMjd, fixed, share } from '../words.ts';

/** One night: its course, what came, and the frames it is told from. */
export function NightPage({ date }: { date: string }) {
  const { answer, trouble } = useAnswer<NightAnswer>(`/api/v1/nights/${encodeURIComponent(date)}`);
  if (!answer) return <p>{trouble ?? 'Asking.'}</p>;
  const { came, delivered, frames } = answer;
  return (
    <article>
      <h2>Night of {answer.date}</h2>
      <p>
        {came.lights} light frames came, {came.measured} were measured, {came.refused} refused; {delivered} products
        reached a centre. {frames.length} measured frames were exposed in this night.
      </p>
      <NightStrip frames={frames} title={`Night of ${answer.date}`} />
      {frames.length > 0 && (
        <Wide label="Table of frames">
          <table>
            <thead>
              <tr>
                {['UTC', 'Instrument', 'Filter', 'Zero point', 'FWHM', 'Light', 'Limit', 'Airmass', 'Frame'].map(
                  (name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {frames.map((frame) => (
                <tr key={frame.frameId}>
                  <td>{dateOfMjd(frame.mjdMid, true).slice(11)}</td>
                  <td>{frame.instrument}</td>
                  <td>{frame.filter ?? '–'}</td>
                  <td>{fixed(frame.zeroPoint, 3, ` ${frame.band ?? ''}`)}</td>
                  <td>{fixed(frame.fwhmArcsec, 2, '″')}</td>
                  <td>{share(frame.share)}</td>
                  <td>{fixed(frame.limitingMag, 2)}</td>
                  <td>{fixed(frame.airmass, 2)}</td>
                  <td>
                    <a href={`#/frames/${frame.frameId}`}>{frame.frameId}</a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      )}
    </article>
  );
}
