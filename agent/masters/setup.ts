import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { unixMsOfMjd } from '../../pipeline/time/mjd.ts';
import type { CalibrationFacts, Setup } from '../store/master.ts';

/** Takes from a frame's facts what the choice goes by; `mtimeMs` stands in for a time that the header does not tell. */
export function calibrationFactsOf(facts: FrameFacts, mtimeMs: number): CalibrationFacts {
  const { binning, subframe, size } = facts;
  return {
    setup: {
      camera: facts.camera?.value ?? null,
      gainSetting: facts.gainSetting?.value ?? null,
      offsetSetting: facts.offsetSetting?.value ?? null,
      binning: binning ? `${binning.value.x}x${binning.value.y}` : null,
      readoutMode: facts.readoutMode?.value ?? null,
      bayer: facts.bayer?.value.pattern ?? null,
      subframe: subframe ? `${subframe.x},${subframe.y}` : null,
      widthPx: size?.width ?? null,
      heightPx: size?.height ?? null,
    },
    exposureS: facts.exposureS?.value ?? null,
    temperatureC: facts.sensorTemperatureC?.value ?? facts.setTemperatureC?.value ?? null,
    filter: facts.filter?.value ?? null,
    rotatorDeg: facts.rotatorDeg?.value ?? null,
    takenMs: facts.midUtc ? Math.round(unixMsOfMjd(facts.midUtc.value)) : mtimeMs,
  };
}

/** Every part of a setup with the words for it; the size stands first because nothing helps against another size. */
const parts: readonly [string, (setup: Setup) => string | null][] = [
  ['size', (s) => (s.widthPx === null || s.heightPx === null ? null : `${s.widthPx} x ${s.heightPx} pixels`)],
  ['camera', (s) => s.camera?.trim().toLowerCase() ?? null],
  ['binning', (s) => s.binning],
  ['gain setting', (s) => (s.gainSetting === null ? null : String(s.gainSetting))],
  ['offset setting', (s) => (s.offsetSetting === null ? null : String(s.offsetSetting))],
  ['readout mode', (s) => s.readoutMode?.trim().toLowerCase() ?? null],
  ['Bayer pattern', (s) => s.bayer],
  ['subframe', (s) => s.subframe],
];

/** In what two setups differ, and what only one of them states, each in words. */
export function compareSetups(
  master: Setup,
  frame: Setup,
): { readonly size: string | undefined; readonly differ: string[]; readonly unstated: string[] } {
  let size: string | undefined;
  const differ: string[] = [];
  const unstated: string[] = [];
  for (const [name, of] of parts) {
    const [ours, theirs] = [of(master), of(frame)];
    if (ours === theirs) continue;
    const text = `${name}: ${ours ?? 'not stated'}, the frame ${theirs ?? 'does not state it'}`;
    if (ours === null || theirs === null) unstated.push(text);
    else if (name === 'size') size = text;
    else differ.push(text);
  }
  return { size, differ, unstated };
}

/** Whether nothing that both state differs. */
export function fitsSetup(a: { readonly setup: Setup }, b: { readonly setup: Setup }): boolean {
  const { size, differ } = compareSetups(a.setup, b.setup);
  return size === undefined && differ.length === 0;
}

/** Equal for frames of one setup only. */
export function setupKey(setup: Setup): string {
  return JSON.stringify(parts.map(([, of]) => of(setup)));
}

/** A setup in a few words, for people. */
export function setupInWords(setup: Setup): string {
  const { camera, widthPx, heightPx, binning, gainSetting, offsetSetting, readoutMode, bayer } = setup;
  return [
    camera ?? 'camera not stated',
    `${widthPx ?? '?'} x ${heightPx ?? '?'}`,
    binning && `binning ${binning}`,
    gainSetting !== null && `gain ${gainSetting}`,
    offsetSetting !== null && `offset ${offsetSetting}`,
    readoutMode,
    bayer,
  ]
    .filter((text) => typeof text === 'string' && text !== '')
    .join(', ');
}

/** Two filters are the same whatever the case; none stated is a filter of its own. */
export function sameFilter(a: string | null, b: string | null): boolean {
  return (a ?? '').trim().toLowerCase() === (b ?? '').trim().toLowerCase();
}

/** Exposures that agree to 2 %. */
export function sameExposure(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= 0.02 * Math.max(a, b);
}

/** Angle between two positions of the rotator, degrees. */
export function rotatorDifference(a: number, b: number): number {
  const turn = Math.abs(a - b) % 360;
  return Math.min(turn, 360 - turn);
}
