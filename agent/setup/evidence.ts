import type { Fact, FrameFacts } from '../../pipeline/header/facts.ts';
import { longitudeSign, type SignVerdict } from './longitude-sign.ts';

/** What the frames of one camera tell of it. */
export interface CameraEvidence {
  /** As the header names it; empty where it does not. */
  readonly camera: string;
  readonly folders: readonly string[];
  readonly nFrames: number;
  readonly telescope: string | undefined;
  readonly size: string | undefined;
  /** Filters of light and flat frames, by the names that the headers use. */
  readonly filters: readonly string[];
  readonly scaleArcsecPerPx: number | undefined;
  readonly gainEPerAdu: number | undefined;
  readonly readNoiseE: number | undefined;
}

/** A number that headers tell, and by which card. */
export interface Told {
  readonly value: number;
  readonly card: string;
}

/** What the newest frames of a site tell of it. */
export interface SiteEvidence {
  readonly cameras: readonly CameraEvidence[];
  readonly latitudeDeg: Told | undefined;
  /** East positive; of the sign that the sky of the frames asks for. */
  readonly longitudeDeg: Told | undefined;
  readonly sign: SignVerdict;
  readonly heightM: Told | undefined;
}

/** The frames of one folder. */
export interface FolderFrames {
  readonly folder: string;
  readonly frames: readonly FrameFacts[];
}

/** Cameras of a folder, each once; frames that name none count as of any. */
export function camerasOf({ frames }: FolderFrames): string[] {
  return [...new Set(frames.flatMap(({ camera }) => camera?.value ?? []))];
}

/** What the headers agree upon; folders of the same camera belong together. */
export function evidenceOf(folders: readonly FolderFrames[]): SiteEvidence {
  const frames = folders.flatMap((one) => one.frames);
  const latitudeDeg = middleOf(frames.map(({ siteLatDeg }) => siteLatDeg));
  const longitudeDeg = middleOf(frames.map(({ siteLonDeg }) => siteLonDeg));
  const heightM = middleOf(frames.map(({ siteHeightM }) => siteHeightM));
  const lights = frames.filter(({ kind }) => kind.value === 'light');
  const sign =
    latitudeDeg && longitudeDeg
      ? longitudeSign(lights, {
          latitudeDeg: latitudeDeg.value,
          longitudeDeg: longitudeDeg.value,
          heightM: heightM?.value ?? 0,
        })
      : 'undecided';
  return {
    cameras: [...Map.groupBy(folders, (one) => camerasOf(one)[0] ?? '')].map(([camera, own]) =>
      cameraEvidence(camera, own),
    ),
    ...{ latitudeDeg, heightM, sign },
    longitudeDeg: longitudeDeg && sign === 'opposite' ? { ...longitudeDeg, value: -longitudeDeg.value } : longitudeDeg,
  };
}

function cameraEvidence(camera: string, folders: readonly FolderFrames[]): CameraEvidence {
  const frames = folders.flatMap((one) => one.frames);
  const first = <T>(get: (facts: FrameFacts) => T | undefined): T | undefined =>
    frames.map(get).find((value) => value !== undefined);
  return {
    camera,
    folders: folders.map(({ folder }) => folder),
    nFrames: frames.length,
    telescope: first(({ telescope }) => telescope?.value),
    size: first(({ size }) => size && `${size.width} x ${size.height}`),
    filters: [
      ...new Set(
        frames.flatMap(({ kind, filter }) => (['light', 'flat'].includes(kind.value) ? (filter?.value ?? []) : [])),
      ),
    ].sort(),
    scaleArcsecPerPx: first(scaleOf),
    gainEPerAdu: middleOf(frames.map(({ gainEPerAdu }) => gainEPerAdu))?.value,
    readNoiseE: middleOf(frames.map(({ readNoiseE }) => readNoiseE))?.value,
  };
}

const arcsecPerRad = 206_264.8;

/** As a card tells it, or from focal length and pixel size. */
function scaleOf({ scaleArcsecPerPx, focalLengthMm, pixelSizeUm }: FrameFacts): number | undefined {
  if (scaleArcsecPerPx) return scaleArcsecPerPx.value;
  if (!focalLengthMm || !pixelSizeUm || !(focalLengthMm.value > 0)) return undefined;
  return (arcsecPerRad * pixelSizeUm.value * 1e-3) / focalLengthMm.value;
}

/** The middle one of the values that are told, with its card. */
function middleOf(facts: readonly (Fact<number> | undefined)[]): Told | undefined {
  const told = facts.filter((fact) => fact !== undefined).sort((a, b) => a.value - b.value);
  const middle = told[Math.floor((told.length - 1) / 2)];
  return middle && { value: middle.value, card: middle.card };
}
