import type { FramesAnswer, StatusAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { RepairList } from '../repair-list.tsx';
import { span, utc } from '../words.ts';
import { FrameTable } from './frames.tsx';

/** How the site is: what is wrong and what to do about it first, then what happens. */
export function NowPage(props: { status: StatusAnswer | undefined; trouble: string | undefined; nowMs: number }) {
  const { status, trouble, nowMs } = props;
  if (!status) return <p>{trouble ?? 'Asking.'}</p>;
  const { running, stored, today } = status;
  return (
    <>
      <RepairList repairs={status.repairs} nowMs={nowMs} most={5} />
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

function LastFrames() {
  const { answer } = useAnswer<FramesAnswer>('/api/v1/frames?limit=8');
  return answer && answer.frames.length > 0 ? (
    <FrameTable frames={answer.frames} />
  ) : (
    <p>No frame has come yet. The folders that are watched stand in the configuration, under instruments.</p>
  );
}
