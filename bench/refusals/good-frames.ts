import type { Random } from '../../base/random.ts';
import { addClouds, addGradient, vignette } from './backgrounds.ts';
import { addPatch, between, type Canvas, drawDetector, expose, logUniform, newCanvas, pick } from './canvas.ts';
import type { FrameKind } from './kinds.ts';
import { moffat, type Profile } from './profiles.ts';
import { type Crowd, drawCrowd, fluxOfSn, paintStars } from './star-lists.ts';

interface Optics {
  readonly fwhmPx: number;
  readonly beta: number;
  readonly axisRatio: number;
  readonly angle: number;
}

function drawOptics(random: Random, leastFwhm = 1.2, mostFwhm = 9): Optics {
  return {
    fwhmPx: logUniform(random, leastFwhm, mostFwhm),
    beta: pick(random, [2.2, 2.5, 3, 4, 6]),
    axisRatio: between(random, 0.75, 1),
    angle: Math.PI * random.uniform(),
  };
}

function drawnCrowd(random: Random, nStars: number): Crowd {
  const nClear = Math.min(nStars, 5);
  const [clearSn, brightestSn] = [between(random, 30, 120), logUniform(random, 200, 2000)];
  return { nStars, slope: between(random, 0.5, 1), faintestSn: between(random, 2, 8), clearSn, nClear, brightestSn };
}

/** The same profile everywhere. */
function paintField(random: Random, canvas: Canvas, nStars: number, optics: Optics, crowd?: Partial<Crowd>): void {
  const { fwhmPx, beta, axisRatio, angle } = optics;
  const profile = moffat(fwhmPx, beta, axisRatio, angle);
  const stars = drawCrowd(random, canvas, { ...drawnCrowd(random, nStars), ...crowd }, 2.3 * fwhmPx ** 2);
  paintStars(canvas, stars, () => profile, 3 * fwhmPx + 3);
}

/** So many stars that a tenth of the light of the sky's pixels is theirs at most. */
const manyAt = (canvas: Canvas, fwhmPx: number, most: number): number =>
  Math.min(most, Math.floor((canvas.width * canvas.height) / (4 * fwhmPx ** 2)));

const square = (random: Random, side = 400): Canvas => newCanvas(random, side, side);
const taken = (random: Random, canvas: Canvas) => expose(canvas, drawDetector(random), random);

function stars(random: Random) {
  const canvas = square(random);
  const optics = drawOptics(random);
  paintField(random, canvas, Math.floor(logUniform(random, 12, manyAt(canvas, optics.fwhmPx, 2000))), optics);
  return taken(random, canvas);
}

function crowded(random: Random) {
  const canvas = square(random);
  const optics = drawOptics(random, 1.4, 4);
  const most = manyAt(canvas, optics.fwhmPx, 10_000);
  paintField(random, canvas, Math.floor(logUniform(random, most / 5, most)), optics);
  return taken(random, canvas);
}

function sparse(random: Random) {
  const canvas = square(random);
  paintField(random, canvas, 8 + random.below(8), drawOptics(random), { slope: 0.5 });
  return taken(random, canvas);
}

function broad(random: Random) {
  const canvas = square(random);
  paintField(random, canvas, Math.floor(logUniform(random, 12, 300)), drawOptics(random, 6, 9));
  return taken(random, canvas);
}

function galaxies(random: Random) {
  const canvas = square(random);
  const optics = drawOptics(random, 1.5, 6);
  paintField(random, canvas, Math.floor(logUniform(random, 15, 300)), optics);
  const n = Math.floor(logUniform(random, 1, 40));
  for (let k = 0; k < n; k++) {
    const scale = logUniform(random, 1, k === 0 ? 25 : 6) + optics.fwhmPx / 2;
    const fluxE = fluxOfSn(logUniform(random, 15, 300), canvas.skyNoiseE, 25 * scale ** 2);
    const [q, angle] = [between(random, 0.25, 1), Math.PI * random.uniform()];
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    addPatch(canvas, canvas.width * random.uniform(), canvas.height * random.uniform(), 9 * scale, (dx, dy) => {
      const r = Math.hypot(dx * c + dy * s, (dy * c - dx * s) / q, optics.fwhmPx / 3) / scale;
      return (fluxE * Math.exp(-r)) / (2 * Math.PI * scale ** 2 * q);
    });
  }
  return taken(random, canvas);
}

function nebula(random: Random) {
  const canvas = square(random);
  const strengthE = logUniform(random, 0.3, 6) * canvas.skyNoiseE;
  addClouds(canvas, random, {
    strengthE,
    coarsePx: between(random, 80, 250),
    finePx: 12,
    fall: between(random, 0.3, 0.5),
  });
  paintField(random, canvas, Math.floor(logUniform(random, 25, 600)), drawOptics(random, 1.5, 6));
  return taken(random, canvas);
}

function cluster(random: Random) {
  const canvas = square(random);
  const { fwhmPx, beta, axisRatio, angle } = drawOptics(random, 1.5, 5);
  const profile = moffat(fwhmPx, beta, axisRatio, angle);
  const core = between(random, 8, 20) * fwhmPx;
  const field = drawCrowd(
    random,
    canvas,
    drawnCrowd(random, Math.floor(logUniform(random, 100, 1500))),
    2.3 * fwhmPx ** 2,
  );
  const members = field.map((star, k) => {
    if (k % 3 === 0) return star;
    const [radius, turn] = [core * Math.sqrt((1 - random.uniform()) ** -0.8 - 1), 2 * Math.PI * random.uniform()];
    return { ...star, x: canvas.width / 2 + radius * Math.cos(turn), y: canvas.height / 2 + radius * Math.sin(turn) };
  });
  const inside = members.filter(({ x, y }) => x > 0 && y > 0 && x < canvas.width - 1 && y < canvas.height - 1);
  paintStars(canvas, inside, () => profile, 3 * fwhmPx + 3);
  return taken(random, canvas);
}

function undersampled(random: Random) {
  const canvas = square(random);
  paintField(random, canvas, Math.floor(logUniform(random, 20, 1000)), drawOptics(random, 1.2, 1.8));
  for (let k = random.below(60); k > 0; k--)
    canvas.light[random.below(canvas.light.length)]! += logUniform(random, 50, 2e4);
  return taken(random, canvas);
}

/** Saturated stars with the spikes of a spider and columns that bled. */
function saturated(random: Random) {
  const canvas = square(random);
  const optics = drawOptics(random, 1.5, 6);
  paintField(random, canvas, Math.floor(logUniform(random, 20, 400)), optics);
  const detector = drawDetector(random);
  const [turn, vanes, bleeds] = [Math.PI * random.uniform(), pick(random, [0, 2, 3]), random.uniform() < 0.5];
  for (let k = 1 + random.below(4); k > 0; k--) {
    const peakE = detector.saturationE * logUniform(random, 2, 100);
    const [x, y] = [canvas.width * random.uniform(), canvas.height * random.uniform()];
    const fluxE = peakE * 1.2 * optics.fwhmPx ** 2;
    const profile = moffat(optics.fwhmPx, optics.beta, optics.axisRatio, optics.angle);
    addPatch(canvas, x, y, 150, (dx, dy) => fluxE * profile(dx, dy));
    const width = optics.fwhmPx / 2;
    for (let vane = 0; vane < vanes; vane++) {
      const angle = turn + (Math.PI * vane) / vanes;
      addPatch(canvas, x, y, 120, (dx, dy) => {
        const [along, across] = [
          dx * Math.cos(angle) + dy * Math.sin(angle),
          dy * Math.cos(angle) - dx * Math.sin(angle),
        ];
        return 2e-3 * peakE * Math.exp(-Math.abs(along) / 30 - (across / width) ** 2);
      });
    }
    if (!bleeds) continue;
    const long = Math.min(200, 3 * Math.sqrt(peakE / detector.saturationE) * optics.fwhmPx);
    addPatch(canvas, x, y, long, (dx) => (Math.abs(dx) < 0.7 ? 1.5 * detector.saturationE : 0));
  }
  return expose(canvas, detector, random);
}

function moonlit(random: Random) {
  const canvas = square(random);
  addGradient(canvas, random, between(random, 0.2, 1.5));
  if (random.uniform() < 0.5) vignette(canvas, between(random, 0.1, 0.5));
  paintField(random, canvas, Math.floor(logUniform(random, 12, 500)), drawOptics(random));
  return taken(random, canvas);
}

/** Images that grow and point away from the middle towards the corners. */
function coma(random: Random) {
  const canvas = square(random);
  const { fwhmPx, beta } = drawOptics(random, 1.6, 6);
  const [growth, pointing] = [between(random, 0.1, 0.6), between(random, 0.1, 0.4)];
  const profileAt = (x: number, y: number): Profile => {
    const [u, v] = [(2 * x) / canvas.width - 1, (2 * y) / canvas.height - 1];
    const radius2 = (u * u + v * v) / 2;
    return moffat(fwhmPx * (1 + growth * radius2), beta, 1 - pointing * radius2, Math.atan2(v, u));
  };
  const crowd = drawnCrowd(random, Math.floor(logUniform(random, 20, 600)));
  paintStars(canvas, drawCrowd(random, canvas, crowd, 2.3 * fwhmPx ** 2), profileAt, 4 * fwhmPx + 3);
  return taken(random, canvas);
}

function smallChip(random: Random) {
  const canvas = newCanvas(random, 100 + random.below(150), 100 + random.below(150));
  paintField(random, canvas, 8 + random.below(40), drawOptics(random, 1.2, 5));
  return taken(random, canvas);
}

/** A satellite and cosmic rays over stars. */
function crossed(random: Random) {
  const canvas = square(random);
  paintField(random, canvas, Math.floor(logUniform(random, 15, 400)), drawOptics(random, 1.5, 7));
  const angle = Math.PI * random.uniform();
  const strengthE = logUniform(random, 2, 60) * canvas.skyNoiseE;
  const width = between(random, 1, 3);
  addPatch(
    canvas,
    canvas.width * between(random, 0.3, 0.7),
    canvas.height * between(random, 0.3, 0.7),
    600,
    (dx, dy) => strengthE * Math.exp(-(((dy * Math.cos(angle) - dx * Math.sin(angle)) / width) ** 2)),
  );
  for (let k = random.below(40); k > 0; k--) {
    let p = random.below(canvas.light.length);
    const step = pick(random, [1, canvas.width, canvas.width + 1]);
    for (let long = 1 + random.below(6); long > 0 && p < canvas.light.length; long--, p += step)
      canvas.light[p]! += 3000;
  }
  return taken(random, canvas);
}

/** Fields of stars of every kind, as they have to be measured. */
export const goodKinds: readonly FrameKind[] = [
  { name: '12 to 2,000 stars', draw: stars },
  { name: 'crowded, to 10,000', draw: crowded },
  { name: 'sparse, 8 to 15', draw: sparse },
  { name: 'broad, FWHM 6 to 9', draw: broad },
  { name: 'galaxies', draw: galaxies },
  { name: 'nebula', draw: nebula },
  { name: 'cluster', draw: cluster },
  { name: 'undersampled', draw: undersampled },
  { name: 'saturated, spikes', draw: saturated },
  { name: 'moonlight', draw: moonlit },
  { name: 'coma', draw: coma },
  { name: 'small chip', draw: smallChip },
  { name: 'satellite, cosmic rays', draw: crossed },
];
