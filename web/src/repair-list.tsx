import type { Repair } from '../../agent/api/shapes.ts';
import { span } from './words.ts';

/** What is wrong, the gravest first, each with what to do about it. */
export function RepairList(props: { repairs: readonly Repair[]; nowMs: number; most: number }) {
  const { repairs, nowMs, most } = props;
  return (
    <section aria-labelledby="repairs">
      <h2 id="repairs">{repairs.length === 0 ? 'All is well' : 'To see to'}</h2>
      <ul class="repairs">
        {repairs.slice(0, most).map(({ what, words, remedy, severity, sinceMs, frameId }) => (
          <li key={`${what} ${words}`} class={severity}>
            <strong>
              {what}
              {sinceMs !== null && `, for ${span((nowMs - sinceMs) / 1000)}`}
            </strong>
            <span>{words}</span>
            <span class="remedy">
              {remedy} {frameId !== null && <a href={`#/frames/${frameId}`}>See the newest of them.</a>}
            </span>
          </li>
        ))}
      </ul>
      {repairs.length > most && <a href="#/repairs">All {repairs.length}</a>}
    </section>
  );
}
