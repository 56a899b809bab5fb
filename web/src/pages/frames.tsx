import { useState } from 'preact/hooks';
import type { FrameLine, FramesAnswer } from '../../../agent/api/shapes.ts';
import { useAnswer } from '../hooks.ts';
import { Wide } from '../wide.tsx';
import { fileName, fixed, magnitude, utc } from '../words.ts';

const states = ['', 'reduced', 'identified', 'filed', 'rejected', 'failed', 'settled', 'seen'];

/** What became of the files, page by page. */
export function FramesPage() {
  const [state, setState] = useState('');
  const [pages, setPages] = useState<readonly number[]>([]);
  const before = pages.at(-1);
  const query = new URLSearchParams({
    limit: '50',
    ...(state !== '' && { state }),
    ...(before !== undefined && { before: String(before) }),
  });
  const { answer, trouble } = useAnswer<FramesAnswer>(`/api/v1/frames?${query}`);
  return (
    <section aria-labelledby="frames">
      <h2 id="frames">Frames</h2>
      <label>
        Show{' '}
        <select
          value={state}
          onChange={({ currentTarget }) => {
            setState(currentTarget.value);
            setPages([]);
          }}
        >
          {states.map((one) => (
            <option key={one} value={one}>
              {one === '' ? 'all' : one}
            </option>
          ))}
        </select>
      </label>
      {answer ? <FrameTable frames={answer.frames} /> : <p>{trouble ?? 'Asking.'}</p>}
      <p class="pages">
        <button type="button" disabled={pages.length === 0} onClick={() => setPages(pages.slice(0, -1))}>
          Newer
        </button>
        <button
          type="button"
          disabled={answer?.before == null}
          onClick={() => answer?.before != null && setPages([...pages, answer.before])}
        >
          Older
        </button>
      </p>
    </section>
  );
}

export function FrameTable({ frames }: { frames: readonly FrameLine[] }) {
  return (
    <Wide label="Table of frames">
      <table>
        <thead>
          <tr>
            {[
              'File',
              'Written',
              'Object',
              'Filter',
              'Exposure',
              'State',
              'Stars',
              'FWHM',
              'Zero point',
              'Limit',
              'Targets',
            ].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {frames.map((frame) => (
            <FrameRow key={frame.id} frame={frame} />
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function FrameRow({ frame }: { frame: FrameLine }) {
  const isBad =
    frame.state === 'rejected' || frame.state === 'failed' || (frame.outcome !== null && frame.outcome !== 'measured');
  return (
    <tr>
      <th scope="row">
        <a href={`#/frames/${frame.id}`}>{fileName(frame.path)}</a>
      </th>
      <td>{utc(frame.mtimeMs)}</td>
      <td>{frame.object ?? '–'}</td>
      <td>{frame.filter ?? '–'}</td>
      <td>{fixed(frame.exposureS, 0, ' s')}</td>
      <td class={isBad ? 'bad' : ''} title={frame.reason ?? ''}>
        {frame.outcome ?? frame.state}
        {frame.nWarnings > 0 ? ` (${frame.nWarnings} to know)` : ''}
      </td>
      <td>{frame.nSources ?? '–'}</td>
      <td>{frame.fwhmArcsec === null ? fixed(frame.fwhmPx, 1, ' px') : fixed(frame.fwhmArcsec, 1, '″')}</td>
      <td>{frame.zeroPoint === null ? '–' : `${frame.zeroPoint.toFixed(2)} ${frame.band ?? ''}`}</td>
      <td>{fixed(frame.limitingMag, 1)}</td>
      <td>
        {frame.targets.map(({ name, verdict, mag, magErr, limit }) => (
          <div key={name}>
            <a href={`#/targets/${encodeURIComponent(name)}`}>{name}</a>{' '}
            {verdict === 'detected' ? magnitude(mag, magErr) : limit === null ? verdict : `> ${limit.toFixed(1)}`}
          </div>
        ))}
      </td>
    </tr>
  );
}
