import { useState } from 'preact/hooks';
import type { FrameAnswer } from '../../agent/api/shapes.ts';
import { fileName } from './words.ts';

/** How much of a picture is shown: magnified so often, moved by so much of its own size. */
interface View {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

const whole: View = { zoom: 1, x: 0, y: 0 };
const mostZoom = 16;

/** The picture with a mark at each target, to be moved and magnified; its first row is below, as FITS has it. */
export function FramePicture({ answer: { frame, record } }: { answer: FrameAnswer }) {
  const [isMissing, setMissing] = useState(false);
  const [view, setView] = useState(whole);
  if (isMissing) return <p>The file shows no picture: it is gone, or no image.</p>;
  const change = (zoom: number, dx = 0, dy = 0) => setView((old) => within({ zoom, x: old.x + dx, y: old.y + dy }));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = 0.1 / view.zoom;
    const moves: Record<string, () => void> = {
      '+': () => change(view.zoom * 1.5),
      '-': () => change(view.zoom / 1.5),
      '0': () => setView(whole),
      ArrowLeft: () => change(view.zoom, step, 0),
      ArrowRight: () => change(view.zoom, -step, 0),
      ArrowUp: () => change(view.zoom, 0, step),
      ArrowDown: () => change(view.zoom, 0, -step),
    };
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (!move) return;
    event.preventDefault();
    move();
  };
  const onPointerMove = (event: PointerEvent) => {
    if (event.buttons !== 1 || view.zoom === 1) return;
    const { clientWidth, clientHeight } = event.currentTarget as HTMLElement;
    change(view.zoom, event.movementX / clientWidth / view.zoom, event.movementY / clientHeight / view.zoom);
  };
  return (
    <figure class="figure">
      <div class="pages">
        <button type="button" onClick={() => change(view.zoom * 1.5)} disabled={view.zoom >= mostZoom}>
          Magnify
        </button>
        <button type="button" onClick={() => change(view.zoom / 1.5)} disabled={view.zoom === 1}>
          Reduce
        </button>
        <button type="button" onClick={() => setView(whole)} disabled={view.zoom === 1}>
          Whole frame
        </button>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: no element of HTML is a picture that moves */}
      <div
        class="preview"
        role="group"
        aria-label="Picture: arrow keys move it, + and - magnify and reduce, 0 shows all"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what moves must be reached by the keyboard (WCAG 2.1.1)
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
      >
        <div
          class={view.zoom === 1 ? 'moved' : 'moved held'}
          style={{ transform: `scale(${view.zoom}) translate(${100 * view.x}%, ${100 * view.y}%)` }}
        >
          <img
            src={`/api/v1/frames/${frame.id}/preview.png`}
            alt={`The frame ${fileName(frame.path)}, stretched`}
            draggable={false}
            onError={() => setMissing(true)}
          />
          {record && <Marks width={record.width} height={record.height} targets={frame.targets} zoom={view.zoom} />}
        </div>
      </div>
    </figure>
  );
}

function Marks(props: { width: number; height: number; targets: FrameAnswer['frame']['targets']; zoom: number }) {
  const { width, height, targets, zoom } = props;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {targets.map(({ name, x, y }) =>
        x === null || y === null ? null : (
          <circle key={name} cx={x - 0.5} cy={height - y + 0.5} r={width / 60 / Math.sqrt(zoom)}>
            <title>{name}</title>
          </circle>
        ),
      )}
    </svg>
  );
}

/** A view that shows no place beside the picture. */
function within({ zoom, x, y }: View): View {
  const magnified = Math.min(mostZoom, Math.max(1, zoom));
  const room = (1 - 1 / magnified) / 2;
  const bounded = (value: number) => Math.min(room, Math.max(-room, value));
  return { zoom: magnified, x: bounded(x), y: bounded(y) };
}
