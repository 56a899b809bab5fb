import type { FramesAnswer, StatusAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { span, utc } from '../words.ts';
import { FrameTable } from './frames.tsx';

/** How the site is: what is wrong and what to do about it first, then what happens. */
export function NowPage(props: { status: StatusAnswer | undefined; trouble: string | undefined; nowMs: number }) {
  const { status, trouble, nowMs } = props;
  if (!status) return <p>{trouble ?? 'Asking.'}</p>;
  const { running, stored, today } = status;
  return (
    <>
      <Repairs status={status} nowMs={nowMs} />
      <section aria-labelledby="tonight">
        <h2 id="tonight">Since noon</h2>
        <p>
          {today.lights} light frames, {today.measured} measured, {today.refused} refused.{' '}
          {running && (
            <>
              Sunset {utc(running.night.sunsetMs)}, dark {utc(running.night.darkFromMs)} to{' '}
              {utc(running.night.darkUntilMs)}, sunrise {utc(running.night.sunriseMs)}.
            </>
          )}
        </p>
        <LastFrames />
      </section>
      {running && (
        <section aria-labelledby="parts">
          <h2 id="parts">The daemon</h2>
          <p>
            Version {running.version}, up for {span(running.uptimeS)}.{' '}
            {running.parts.filter(({ state }) => state === 'well').length} of {running.parts.length} parts are well.
          </p>
          <table>
            <thead>
              <tr>
                <th scope="col">Destination</th>
                <th scope="col">Delivery</th>
                <th scope="col">Link</th>
                <th scope="col">Waiting</th>
              </tr>
            </thead>
            <tbody>
              {running.destinations.map(({ id, delivery, link }) => (
                <tr key={id}>
                  <th scope="row">{id}</th>
                  <td>{delivery ? [delivery.state, delivery.reason].filter(Boolean).join(': ') : '–'}</td>
                  <td>{link ? [link.state, link.reason].filter(Boolean).join(': ') : '–'}</td>
                  <td>
                    {(stored?.parcels ?? [])
                      .filter(
                        ({ destination, state }) => destination === id && state !== 'done' && state !== 'superseded',
                      )
                      .map(({ state, count }) => `${count} ${state}`)
                      .join(', ') || 'nothing'}
                  </td>
                </tr>
              ))}
              {running.destinations.length === 0 && (
                <tr>
                  <td colSpan={4}>No destination is configured: results stay here.</td>
                </tr>
              )}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

/** One list of what is wrong, each with what it means and what to do. */
function Repairs({ status, nowMs }: { status: StatusAnswer; nowMs: number }) {
  const { running, stored, notRunning, notStored, warnings } = status;
  const wrong = [
    ...(notRunning ? [{ what: 'Daemon', text: notRunning, severity: 'critical' }] : []),
    ...(notStored ? [{ what: 'Database', text: notStored, severity: 'critical' }] : []),
    ...(running?.alarms ?? (stored?.alarms ?? []).filter(({ clearedAtMs }) => clearedAtMs === null)).map(
      ({ code, subject, severity, text, raisedAtMs }) => ({
        what: `${subject} [${code}], for ${span((nowMs - raisedAtMs) / 1000)}`,
        text,
        severity,
      }),
    ),
    ...(running?.intake.paused ? [{ what: 'Intake paused', text: running.intake.paused, severity: 'warning' }] : []),
    ...(running?.parts ?? [])
      .filter(({ state }) => state !== 'well')
      .map(({ name, state, reason, sinceMs }) => ({
        what: `${name}: ${state} for ${span((nowMs - sinceMs) / 1000)}`,
        text: reason,
        severity: 'warning',
      })),
    ...(running?.telescopes ?? [])
      .filter(({ safety }) => safety !== null && !safety.safe)
      .map(({ instrument, safety }) => ({
        what: `${instrument} is not safe since ${utc(safety!.sinceMs)}`,
        text: safety!.reasons.join('; '),
        severity: 'warning',
      })),
    ...warnings.map((text) => ({ what: 'To know', text, severity: 'info' })),
  ];
  return (
    <section aria-labelledby="repairs">
      <h2 id="repairs">{wrong.length === 0 ? 'All is well' : 'To see to'}</h2>
      <ul class="repairs">
        {wrong.map(({ what, text, severity }) => (
          <li key={what} class={severity}>
            <strong>{what}</strong>
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function LastFrames() {
  const { answer } = useAnswer<FramesAnswer>('/api/v1/frames?limit=8');
  return answer && answer.frames.length > 0 ? (
    <FrameTable frames={answer.frames} />
  ) : (
    <p>No frame has come yet. The folders that are watched stand in the configuration, under instruments.</p>
  );
}
