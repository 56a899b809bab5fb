import type { StatusAnswer } from '../../../agent/api/shapes.ts';
import { fileName, utc } from '../words.ts';

/** What happened last, and the alarms of the past. */
export function LogPage({ status, trouble }: { status: StatusAnswer | undefined; trouble: string | undefined }) {
  if (!status) return <p>{trouble ?? 'Asking.'}</p>;
  const happenings = [...(status.running?.happenings ?? [])].reverse();
  const alarms = status.stored?.alarms ?? [];
  return (
    <>
      <section aria-labelledby="log">
        <h2 id="log">What happened last</h2>
        {happenings.length === 0 && <p>{status.notRunning ?? 'Nothing since the daemon started.'}</p>}
        <ol class="log">
          {happenings.map(({ kind, atMs, ...facts }, k) => (
            <li key={`${atMs} ${happenings.length - k}`}>
              <time>{utc(atMs)}</time> <strong>{kind.replaceAll('-', ' ')}</strong> <Facts facts={facts} />
            </li>
          ))}
        </ol>
        <p>The whole log is what the daemon writes: journalctl -u bhtom-edge, where systemd runs it.</p>
      </section>
      <section aria-labelledby="alarms">
        <h2 id="alarms">Alarms, open and past</h2>
        {alarms.length === 0 && <p>There was none.</p>}
        <ol class="log">
          {alarms.map(({ code, subject, text, raisedAtMs, clearedAtMs }) => (
            <li key={`${code} ${subject} ${raisedAtMs}`}>
              <time>{utc(raisedAtMs)}</time> <strong>{subject}</strong> {text}{' '}
              {clearedAtMs === null ? <em class="bad">open</em> : `Over at ${utc(clearedAtMs)}.`}
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** The plain words and numbers of a happening; a frame is the way to it. */
function Facts({ facts: { frame, path, ...rest } }: { facts: Readonly<Record<string, unknown>> }) {
  const words = Object.values(rest)
    .flat()
    .filter((one) => (typeof one === 'string' && one !== '') || typeof one === 'number')
    .join(', ');
  return (
    <>
      {typeof frame === 'number' && typeof path === 'string' && <a href={`#/frames/${frame}`}>{fileName(path)}</a>}{' '}
      {words}
    </>
  );
}
