import { RAD_PER_DEG } from '../../sky/sphere.ts';
import { type PlaneStars, projectStars } from './catalogue.ts';
import type { Points } from './point-grid.ts';
import { pointGrid } from './point-grid.ts';
import type { SolveInput } from './problem.ts';

/** A wider window of scales is cut into pieces, since lists are cut to the density that belongs to one scale. */
const MAX_WINDOW = 1.6;

/** What the frame shows. */
export interface Frame extends Points {
  readonly count: number;
  readonly corner: { readonly u: number; readonly v: number };
  /** 0, 1, 2, ...: all detections. */
  readonly all: Int32Array;
}

/** Usable detections from the image's centre, brightest (and saturated) first. */
export function prepareDetections({ x, y, flux, width, height }: SolveInput): Frame {
  const brightness = (i: number): number => (Number.isNaN(flux[i]!) ? Infinity : flux[i]!);
  const places = Array.from(x.keys())
    .filter((i) => x[i]! > -1 && x[i]! < width && y[i]! > -1 && y[i]! < height)
    .sort((i, j) => (brightness(j) > brightness(i) ? 1 : brightness(j) < brightness(i) ? -1 : i - j));
  const corner = { u: (width - 1) / 2, v: (height - 1) / 2 };
  return {
    x: Float64Array.from(places, (i) => x[i]! - corner.u),
    y: Float64Array.from(places, (i) => y[i]! - corner.v),
    count: places.length,
    corner,
    all: Int32Array.from(places.keys()),
  };
}

/** A range of scales narrow enough for one cut of the lists. */
export interface Window {
  readonly arcsecPerPx: number;
  /** Smallest and largest scale as multiples of `arcsecPerPx`. */
  readonly min: number;
  readonly max: number;
}

/** The window of scales in pieces, the likeliest first. */
export function scaleWindows({ arcsecPerPx, toleranceFraction }: SolveInput['scale']): Window[] {
  const low = arcsecPerPx * (1 - toleranceFraction);
  const high = arcsecPerPx * (1 + toleranceFraction);
  const pieces = Math.max(1, Math.ceil(Math.log(high / low) / Math.log(MAX_WINDOW)));
  const half = Math.sqrt(high / low) ** (1 / pieces);
  const windows = Array.from({ length: pieces }, (_, piece) => ({
    arcsecPerPx: low * half ** (2 * piece + 1),
    min: 0.995 / half,
    max: 1.005 * half,
  }));
  const distance = (window: Window): number => Math.abs(Math.log(window.arcsecPerPx / arcsecPerPx));
  return windows.sort((a, b) => distance(a) - distance(b));
}

/** What the catalogue says should be there. */
export interface Sky {
  readonly window: Window;
  readonly unitRad: number;
  /** On the stereographic plane about the hint, in nominal pixels. */
  readonly stars: PlaneStars;
  readonly area: number;
}

/** The catalogue about the hint, as far as the frame may reach. */
export function prepareSky(input: SolveInput, window: Window): Sky {
  const unitRad = (window.arcsecPerPx / 3600) * RAD_PER_DEG;
  const halfDiagonalDeg = ((Math.hypot(input.width, input.height) / 2) * window.max * window.arcsecPerPx) / 3600;
  const radiusDeg = input.hint.radiusDeg + halfDiagonalDeg;
  const stars = projectStars(input.catalogue, input.hint, radiusDeg, input.epochYear, 'stereographic', unitRad);
  const grid = pointGrid(stars.x, stars.y, stars.count, 0);
  const box = grid.columns * grid.rows * grid.cell ** 2;
  const planeRadius = (2 * Math.tan((radiusDeg / 2) * RAD_PER_DEG)) / unitRad;
  return { window, unitRad, stars, area: Math.min(box, Math.PI * planeRadius ** 2) };
}
