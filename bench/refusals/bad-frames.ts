import type { Random } from '../../base/random.ts';
import type { Plane } from '../../pipeline/plane.ts';
import { addClouds, addDust, addGradient, vignette } from './backgrounds.ts';
import {
  addPatch,
  between,
  type Canvas,
  drawDetector,
  expose,
  logUniform,
  newCanvas,
  pick,
  roundTo8Bits,
} from './canvas.ts';
import type { FrameKind } from './kinds.ts';
import { defocused, moffat, outerOfHfr, type Profile } from './profiles.ts';
import { type DrawnStar, drawCrowd, paintStars } from './star-lists.ts';

const taken = (random: Random, canvas: Canvas): Plane => expose(canvas, drawDetector(random), random);

/** Few or many objects, the brightest five clear. */
function drawObjects(random: Random, canvas: Canvas, nObjects: number, areaPx: number): DrawnStar[] {
  const [clearSn, brightestSn] = [between(random, 30, 150), logUniform(random, 200, 1500)];
  const slope = between(random, 0.5, 1);
  return drawCrowd(random, canvas, { nStars: nObjects, slope, faintestSn: 6, clearSn, nClear: 5, brightestSn }, areaPx);
}

/** Stars out of focus: images of the pupil. */
const donuts =
  (leastHfr: number, mostHfr: number, mostObstruction: number, crowd: 'sparse' | 'crowded') => (random: Random) => {
    const hfrPx = logUniform(random, leastHfr, mostHfr);
    const obstruction = mostObstruction === 0 ? 0 : between(random, 0.15, mostObstruction);
    const outerPx = outerOfHfr(hfrPx, obstruction);
    const side = outerPx > 25 ? 560 : 400;
    const canvas = newCanvas(random, side, side);
    const isOff = random.uniform() < 0.4;
    const off = (most: number) => (isOff ? between(random, -most, most) : 0);
    const hole = 0.3 * obstruction * (1 - obstruction) * outerPx;
    const profile = defocused({
      outerPx,
      obstruction,
      blurPx: between(random, 0.6, Math.min(2, outerPx / 4)),
      slope: [off(0.3), off(0.3)],
      holePx: [off(hole), off(hole)],
      vanes: obstruction > 0 ? pick(random, [0, 3, 4]) : 0,
      vaneWidthPx: 0.05 * outerPx,
    });
    const most = Math.floor((side * side) / (6 * outerPx ** 2));
    const n = crowd === 'sparse' ? 4 + random.below(10) : Math.floor(between(random, most / 2, 2 * most)) + 8;
    const areaPx = Math.PI * outerPx ** 2 * (1 - obstruction ** 2);
    paintStars(canvas, drawObjects(random, canvas, n, areaPx), () => profile, 1.5 * outerPx + 8);
    return taken(random, canvas);
  };

/** Paints stars that moved along the same path while the shutter was open: a way from each star's place. */
function paintMoved(
  canvas: Canvas,
  stars: readonly DrawnStar[],
  profile: Profile,
  stepPx: number,
  reachPx: number,
  pathOf: (star: DrawnStar) => { lengthPx: number; at: (share: number) => readonly [number, number] },
): void {
  for (const star of stars) {
    const { lengthPx, at } = pathOf(star);
    const n = Math.max(2, Math.ceil(lengthPx / stepPx));
    for (let k = 0; k < n; k++) {
      const [x, y] = at(k / (n - 1) - 0.5);
      addPatch(canvas, x, y, reachPx, (dx, dy) => (star.fluxE / n) * profile(dx, dy));
    }
  }
}

/** Axis ratios of an image of a star that moved over `lengthPx`: a way of so many times its FWHM more. */
const wayOf = (ratio: number, fwhmPx: number): number => Math.sqrt(ratio ** 2 - 1) * fwhmPx * 1.06;

const trails = (leastRatio: number, mostRatio: number) => (random: Random) => {
  const canvas = newCanvas(random, 400, 400);
  const fwhmPx = logUniform(random, 1.8, 6);
  const lengthPx = Math.min(300, wayOf(logUniform(random, leastRatio, mostRatio), fwhmPx));
  const angle = Math.PI * random.uniform();
  const n = Math.floor(logUniform(random, 8, 60));
  const stars = drawObjects(random, canvas, n, fwhmPx * (lengthPx + 2 * fwhmPx));
  paintMoved(canvas, stars, moffat(fwhmPx, 3), 0.4 * fwhmPx, 4 * fwhmPx + 3, ({ x, y }) => ({
    lengthPx,
    at: (share) => [x + share * lengthPx * Math.cos(angle), y + share * lengthPx * Math.sin(angle)],
  }));
  return taken(random, canvas);
};

/** The field turned about a place in or beside it: at the middle of the way images are at least so many times as long as wide. */
const arcs = (leastRatio: number, mostRatio: number) => (random: Random) => {
  const canvas = newCanvas(random, 400, 400);
  const fwhmPx = logUniform(random, 1.8, 5);
  const away = between(random, 60, 700);
  const turnTo = 2 * Math.PI * random.uniform();
  const [px, py] = [200 + away * Math.cos(turnTo), 200 + away * Math.sin(turnTo)];
  const middle = Math.max(away, 120);
  const turn = Math.min(1.5, wayOf(logUniform(random, leastRatio, mostRatio), fwhmPx) / middle);
  const n = Math.floor(logUniform(random, 10, 60));
  const stars = drawObjects(random, canvas, n, fwhmPx * (turn * middle + 2 * fwhmPx));
  paintMoved(canvas, stars, moffat(fwhmPx, 3), 0.4 * fwhmPx, 4 * fwhmPx + 3, ({ x, y }) => {
    const [radius, from] = [Math.hypot(x - px, y - py), Math.atan2(y - py, x - px)];
    return {
      lengthPx: radius * turn,
      at: (share) => [px + radius * Math.cos(from + share * turn), py + radius * Math.sin(from + share * turn)],
    };
  });
  return taken(random, canvas);
};

/** Every star twice or three times: the mount jumped during the exposure, with or without light on the way. */
function doubles(random: Random) {
  const canvas = newCanvas(random, 400, 400);
  const fwhmPx = logUniform(random, 1.8, 5);
  const lengthPx = logUniform(random, 2.2, 14) * fwhmPx;
  const angle = Math.PI * random.uniform();
  const images = pick(random, [2, 2, 2, 3]);
  const shares = Array.from({ length: images }, () => between(random, 0.4, 1));
  const linked = random.uniform() < 0.4 ? between(random, 0.02, 0.15) : 0;
  const total = shares.reduce((sum, share) => sum + share, linked);
  const profile = moffat(fwhmPx, 3);
  const stars = drawObjects(random, canvas, Math.floor(logUniform(random, 10, 150)), 4.6 * fwhmPx ** 2);
  const [stepX, stepY] = [lengthPx * Math.cos(angle), lengthPx * Math.sin(angle)];
  shares.forEach((share, k) => {
    const image = stars.map(({ x, y, fluxE }) => ({
      x: x + k * stepX,
      y: y + k * stepY,
      fluxE: (fluxE * share) / total,
    }));
    paintStars(canvas, image, () => profile, 3 * fwhmPx + 3);
  });
  const way = stars.map((star) => ({ ...star, fluxE: (star.fluxE * linked) / total }));
  if (linked > 0)
    paintMoved(canvas, way, profile, 0.4 * fwhmPx, 3 * fwhmPx + 3, ({ x, y }) => ({
      lengthPx: (images - 1) * lengthPx,
      at: (share) => [x + (share + 0.5) * (images - 1) * stepX, y + (share + 0.5) * (images - 1) * stepY],
    }));
  return taken(random, canvas);
}

function glow(random: Random): Canvas {
  const canvas = newCanvas(random, 400, 400);
  for (let k = 1 + random.below(5); k > 0; k--) {
    const [size, strengthE] = [logUniform(random, 12, 200), logUniform(random, 1, 100) * canvas.skyNoiseE];
    const q = between(random, 0.5, 1);
    addPatch(
      canvas,
      400 * random.uniform(),
      400 * random.uniform(),
      4 * size,
      (dx, dy) => strengthE * Math.exp(-0.5 * ((dx / size) ** 2 + (dy / size / q) ** 2)),
    );
  }
  return canvas;
}

function clouds(random: Random): Canvas {
  const canvas = newCanvas(random, 400, 400);
  const strengthE = logUniform(random, 1, 60) * canvas.skyNoiseE;
  const finePx = logUniform(random, 10, 50);
  addClouds(canvas, random, {
    strengthE,
    coarsePx: between(random, 100, 300),
    finePx,
    fall: between(random, 0.3, 0.6),
  });
  return canvas;
}

/** The inside of a dome, its slit somewhere: a step, a gradient, dust. */
function dome(random: Random): Canvas {
  const canvas = newCanvas(random, 400, 400);
  const { width, light, skyNoiseE } = canvas;
  const angle = Math.PI * random.uniform();
  const [at, wide, soft] = [between(random, -150, 150), between(random, 20, 200), logUniform(random, 1, 40)];
  const strengthE = logUniform(random, 1, 100) * skyNoiseE;
  for (let p = 0; p < light.length; p++) {
    const d = ((p % width) - 200) * Math.cos(angle) + (Math.floor(p / width) - 200) * Math.sin(angle) - at;
    light[p]! += strengthE / (1 + Math.exp((Math.abs(d) - wide) / soft));
  }
  addGradient(canvas, random, between(random, 0, 1));
  addDust(canvas, random, random.below(6));
  return canvas;
}

function flat(random: Random): Canvas {
  const canvas = newCanvas(random, 400, 400);
  const level = logUniform(random, 1, 10);
  for (let p = 0; p < canvas.light.length; p++) canvas.light[p]! *= level;
  vignette(canvas, between(random, 0.1, 0.7));
  addDust(canvas, random, random.below(12));
  return canvas;
}

/** Nothing but noise, hot pixels and cosmic rays: a closed shutter. */
function closed(random: Random): Canvas {
  const canvas = newCanvas(random, 400, 400);
  for (let k = random.below(300); k > 0; k--)
    canvas.light[random.below(canvas.light.length)]! += logUniform(random, 30, 2e4);
  for (let k = random.below(30); k > 0; k--) {
    let p = random.below(canvas.light.length);
    const step = pick(random, [1, canvas.width, canvas.width + 1, canvas.width - 1]);
    for (let long = 1 + random.below(8); long > 0 && p < canvas.light.length; long--, p += step)
      canvas.light[p]! += 3000;
  }
  return canvas;
}

const pictures = [glow, clouds, dome, flat] as const;
const noisy = (picture: (random: Random) => Canvas) => (random: Random) => taken(random, picture(random));

/** What must be refused, or flagged at least. */
export const badKinds: readonly FrameKind[] = [
  { name: 'rings HFR 4 to 12', draw: donuts(4, 12, 0.5, 'sparse') },
  { name: 'rings HFR 4 to 12, crowded', draw: donuts(4, 12, 0.5, 'crowded') },
  { name: 'rings HFR 12 to 40', draw: donuts(12, 40, 0.5, 'sparse') },
  { name: 'rings HFR 12 to 40, crowded', draw: donuts(12, 40, 0.5, 'crowded') },
  { name: 'discs HFR 4 to 12', draw: donuts(4, 12, 0, 'sparse') },
  { name: 'discs HFR 4 to 12, crowded', draw: donuts(4, 12, 0, 'crowded') },
  { name: 'discs HFR 12 to 40', draw: donuts(12, 40, 0, 'sparse') },
  { name: 'discs HFR 12 to 40, crowded', draw: donuts(12, 40, 0, 'crowded') },
  { name: 'trails 2:1 to 3:1', draw: trails(2, 3) },
  { name: 'trails 3:1 to 8:1', draw: trails(3, 8) },
  { name: 'trails 8:1 to 100:1', draw: trails(8, 100) },
  { name: 'arcs 3:1 to 8:1', draw: arcs(3, 8) },
  { name: 'arcs 8:1 to 60:1', draw: arcs(8, 60) },
  { name: 'double images', draw: doubles },
  { name: 'glow', draw: noisy(glow) },
  { name: 'clouds', draw: noisy(clouds) },
  { name: 'dome', draw: noisy(dome) },
  { name: 'flat, vignetting', draw: noisy(flat) },
  { name: 'closed shutter', draw: noisy(closed) },
  { name: 'noise-free 8 bit', draw: (random) => roundTo8Bits(pick(random, pictures)(random)) },
];
