import { signal } from '@preact/signals';
import { type ComponentChildren, render } from 'preact';
import type { StatusAnswer } from '../../agent/api/shapes.ts';
import { useAnswer } from './hooks.ts';
import { connection, listen } from './live.ts';
import { FramePage } from './pages/frame.tsx';
import { FramesPage } from './pages/frames.tsx';
import { LogPage } from './pages/log.tsx';
import { MastersPage } from './pages/masters.tsx';
import { NightPage } from './pages/night.tsx';
import { NightsPage } from './pages/nights.tsx';
import { NowPage } from './pages/now.tsx';
import { QueuePage } from './pages/queue.tsx';
import { RequestsPage } from './pages/requests.tsx';
import { TargetPage } from './pages/target.tsx';
import { TargetsPage } from './pages/targets.tsx';
import { TonightPage } from './pages/tonight.tsx';
import { RepairList } from './repair-list.tsx';
import { utc } from './words.ts';

const places = [
  ['', 'Now'],
  ['tonight', 'Tonight'],
  ['nights', 'Nights'],
  ['frames', 'Frames'],
  ['targets', 'Targets'],
  ['requests', 'Requests'],
  ['queue', 'Queue'],
  ['masters', 'Calibration'],
  ['repairs', 'Repairs'],
  ['log', 'Log'],
] as const;

const place = signal(location.hash.slice(2));
const now = signal(Date.now());
const night = signal(localStorage.getItem('night') === 'on');

function App() {
  const { answer: status, trouble } = useAnswer<StatusAnswer>('/api/v1/status');
  const [room = '', ...rest] = place.value.split('/');
  const what = decodeURIComponent(rest.join('/'));
  document.title = titleOf(status);
  return (
    <>
      <header>
        <a class="skip" href="#main">
          To the content
        </a>
        <h1>{status?.site ?? 'BHTOM Edge'}</h1>
        <Facts status={status} />
        <button type="button" aria-pressed={night.value} onClick={toggleNight}>
          Night
        </button>
        <nav aria-label="Pages">
          {places.map(([name, words]) => (
            <a key={name} href={`#/${name}`} aria-current={name === room ? 'page' : undefined}>
              {words}
            </a>
          ))}
        </nav>
      </header>
      {!connection.value.alive && (
        <p class="banner" role="alert">
          {connection.value.heardMs === 0
            ? 'Connecting to the daemon.'
            : `Nothing was heard of the daemon since ${utc(connection.value.heardMs)}: what stands here is old.`}
        </p>
      )}
      <main id="main" tabIndex={-1}>
        <Room room={room} what={what} status={status} trouble={trouble} />
      </main>
    </>
  );
}

function Room(props: {
  room: string;
  what: string;
  status: StatusAnswer | undefined;
  trouble: string | undefined;
}): ComponentChildren {
  const { room, what, status, trouble } = props;
  if (room === 'frames') return what === '' ? <FramesPage /> : <FramePage id={what} />;
  if (room === 'targets') return what === '' ? <TargetsPage /> : <TargetPage name={what} />;
  if (room === 'tonight') return <TonightPage />;
  if (room === 'nights') return what === '' ? <NightsPage /> : <NightPage date={what} />;
  if (room === 'requests') return <RequestsPage />;
  if (room === 'masters') return <MastersPage />;
  if (room === 'log') return <LogPage status={status} trouble={trouble} />;
  if (room === 'repairs')
    return status ? (
      <RepairList repairs={status.repairs} nowMs={now.value} most={Number.POSITIVE_INFINITY} />
    ) : (
      <p>{trouble ?? 'Asking.'}</p>
    );
  if (room === 'queue') return <QueuePage />;
  return <NowPage status={status} trouble={trouble} nowMs={now.value} />;
}

/** What matters at a glance, whatever page is open. */
function Facts({ status }: { status: StatusAnswer | undefined }) {
  const running = status?.running;
  const alarms = running?.alarms.length ?? 0;
  const waiting = (status?.stored?.parcels ?? [])
    .filter(({ state }) => ['queued', 'sending', 'unknown'].includes(state))
    .reduce((sum, { count }) => sum + count, 0);
  return (
    <ul class="facts">
      <li>{new Date(now.value).toISOString().slice(11, 19)} UTC</li>
      {running?.telescopes.map(({ instrument, safety }) => (
        <li key={instrument} class={safety?.safe ? 'good' : 'bad'}>
          {instrument}:{' '}
          {safety === null ? 'devices away' : safety.attended ? 'attended' : safety.safe ? 'safe' : 'not safe'}
        </li>
      ))}
      <li>{waiting} to send</li>
      <li class={alarms > 0 ? 'bad' : 'good'}>
        {alarms === 0 ? 'no alarm' : `${alarms} alarm${alarms === 1 ? '' : 's'}`}
      </li>
      {status && !running && <li class="bad">the daemon does not answer</li>}
    </ul>
  );
}

function titleOf(status: StatusAnswer | undefined): string {
  const alarms = status?.running?.alarms.length ?? 0;
  return `${alarms > 0 ? `(${alarms}) ` : ''}${status?.site ?? 'BHTOM Edge'}`;
}

function toggleNight(): void {
  night.value = !night.value;
  localStorage.setItem('night', night.value ? 'on' : 'off');
  document.documentElement.classList.toggle('night', night.value);
}

document.documentElement.classList.toggle('night', night.value);
addEventListener('hashchange', () => {
  place.value = location.hash.slice(2);
  scrollTo(0, 0);
});
setInterval(() => {
  now.value = Date.now();
}, 1000);
listen();
render(<App />, document.body);
