import type { FrameFacts } from '../../pipeline/header/facts.ts';
import type { Alarms } from '../health/alarms.ts';
import type { CameraIdentity, CameraStore, StoredCamera } from '../store/cameras.ts';

/** The camera that a frame says it is of. The sensor's size is known where no part of it was read out. */
export function cameraOf({ camera, size, binning, subframe }: FrameFacts): CameraIdentity {
  const name = camera?.value.trim().toLowerCase() || null;
  const isWhole = size !== undefined && (subframe === undefined || (subframe.x <= 1 && subframe.y <= 1));
  const { x, y } = binning?.value ?? { x: 1, y: 1 };
  return { name, widthPx: isWhole ? size.width * x : null, heightPx: isWhole ? size.height * y : null };
}

export function cameraInWords({ name, widthPx, heightPx }: CameraIdentity): string {
  if (name !== null) return name;
  return widthPx === null ? 'a camera without a name' : `a camera without a name, ${widthPx} x ${heightPx} pixels`;
}

const ofAnother = "of another camera than the instrument's";

/** Why parcels of a camera are held back, as it stands beside each of them. */
export function heldBack({ id }: StoredCamera): string {
  return `${ofAnother}: bhtom-edge cameras tells which (${id})`;
}

/** Whether a parcel is held back for its camera, by what stands beside it. */
export function isHeldBack(reason: string | null): boolean {
  return reason?.startsWith(ofAnother) ?? false;
}

const code = 'ANOTHER_CAMERA';

/** Holds an alarm for each camera that a person is to say something about, until it was said. */
export function followCameras(cameras: Pick<CameraStore, 'list'>, alarms: Alarms): void {
  const asked = cameras.list().filter(({ standing }) => standing === 'asked');
  for (const camera of asked) alarms.follow(code, subjectOf(camera), 'warning', question(camera));
  const open = new Set(asked.map(subjectOf));
  for (const alarm of alarms.open())
    if (alarm.code === code && !open.has(alarm.subject)) alarms.clear(code, alarm.subject);
}

const subjectOf = ({ instrument, id }: StoredCamera): string => `${instrument}, camera ${id}`;

function question(camera: StoredCamera): string {
  const { id, instrument, path } = camera;
  return (
    `Frames of another camera (${cameraInWords(camera)}) lie among those of instrument "${instrument}", the first ${path}. ` +
    'They are measured and held back from every centre. If it is the same camera under another name, or one that took its ' +
    `place: bhtom-edge cameras same ${id}. If it is another instrument: give it one of its own in the configuration, with ` +
    `folders of its own, and say bhtom-edge cameras other ${id}.`
  );
}
