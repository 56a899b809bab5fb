import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import { combineMaster } from '../../../../pipeline/combine/combine.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import type { BayerPattern } from '../../../../pipeline/header/facts.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import type { Plane } from '../../../../pipeline/plane.ts';
import { exposeDetector, makeDetector, memberOf, type TestDetector } from '../../../support/detector-frames.ts';

const width = 240;
const height = 200;
const skyE = 200;
const starE = 4e5;
const colours: Readonly<Record<string, number>> = { R: 0.6, G: 1, B: 0.45 };
/** Isolated stars at all phases of the mosaic's cell. */
const stars = Array.from({ length: 30 }, (_, k) => ({
  x: 24 + 38 * (k % 6) + 0.37 * k,
  y: 22 + 38 * Math.floor(k / 6) + 0.23 * k,
}));
const sigma = 1.9;

function lightOf(i: number): number {
  const x = i % width;
  const y = Math.floor(i / width);
  let light = skyE;
  for (const star of stars) {
    const r2 = (x - star.x) ** 2 + (y - star.y) ** 2;
    if (r2 < 200) light += (starE / (2 * Math.PI * sigma ** 2)) * Math.exp(-r2 / (2 * sigma ** 2));
  }
  return light;
}

/** A detector whose filters lie in the given pattern. */
function withPattern(detector: TestDetector, pattern: BayerPattern): TestDetector {
  const response = detector.response.map((value, i) => {
    const phase = (Math.floor(i / width) & 1) * 2 + ((i % width) & 1);
    return value * colours[pattern[phase]!]!;
  });
  return { ...detector, dark: new Float64Array(width * height).fill(0.02), response };
}

/** Electrons within 7 plane pixels of a star, less the plane's sky around it. */
function apertureFlux(plane: Plane, star: { x: number; y: number }): number {
  const cx = (star.x - plane.mosaic.offsetX) / 2;
  const cy = (star.y - plane.mosaic.offsetY) / 2;
  let flux = 0;
  let inside = 0;
  const ring: number[] = [];
  for (let y = Math.floor(cy) - 9; y <= cy + 10; y++) {
    for (let x = Math.floor(cx) - 9; x <= cx + 10; x++) {
      const value = plane.electrons[y * plane.width + x];
      if (value === undefined || x < 0 || x >= plane.width) continue;
      const r = Math.hypot(x - cx, y - cy);
      if (r <= 6) {
        flux += value;
        inside++;
      } else if (r <= 9) ring.push(value);
    }
  }
  return flux - (inside * ring.reduce((a, b) => a + b, 0)) / ring.length;
}

for (const pattern of ['RGGB', 'BGGR', 'GRBG', 'GBRG'] as const) {
  test(`${pattern}: fluxes of stars in R, G and B come out without bias over 0.5 %`, async () => {
    const random = new Random(41);
    const detector = withPattern(makeDetector(width, height, random), pattern);
    const members = (n: number, name: string, light: number) =>
      Array.from({ length: n }, (_, k) =>
        memberOf(
          `${name}-${k}`,
          width,
          height,
          exposeDetector(detector, 1, () => light, random),
        ),
      );
    const options = {
      exposureS: 1,
      sensorTemperatureC: undefined,
      filter: undefined,
      colour: true,
      saturationAdu: 65535,
      fewestMembers: 5,
      memoryBytes: 1 << 24,
      memberIds: [],
    };
    const dark = await combineMaster(members(10, 'dark', 0), { ...options, kind: 'dark' });
    assert.ok(dark.kind === 'combined');
    const flat = await combineMaster(members(10, 'flat', 40000), { ...options, kind: 'flat', pedestal: dark.master });
    assert.ok(flat.kind === 'combined');
    const gainEPerAdu = { value: detector.gainEPerAdu, card: 'test', confidence: 'high' } as const;
    const { planes, record } = await calibrate(
      { width, height, pixels: exposeDetector(detector, 1, lightOf, random), exposureS: 1, bayer: pattern },
      {
        detector: { gainEPerAdu, readNoiseE: undefined, saturationAdu: undefined },
        masters: { dark: dark.master, flat: flat.master },
      },
      soloCrew(kernels),
    );
    assert.equal(record.bayer, pattern, 'the pixels agree with the pattern');
    for (const plane of planes) {
      // The flat is 1 on average over the central half, so a flux is that of a pixel of the mean response there.
      let response = 0;
      let n = 0;
      for (let y = height >> 2; y < height - (height >> 2); y++) {
        for (let x = width >> 2; x < width - (width >> 2); x++) {
          if ((x & 1) !== plane.mosaic.offsetX || (y & 1) !== plane.mosaic.offsetY) continue;
          response += detector.response[y * width + x]!;
          n++;
        }
      }
      const expected = ((starE / 4) * response) / n;
      const mean = stars.reduce((sum, star) => sum + apertureFlux(plane, star), 0) / stars.length;
      // Photon noise of 30 stars of 45,000 electrons and more: 0.1 %.
      assert.ok(Math.abs(mean / expected - 1) < 0.005, `${plane.name}: ${mean / expected}`);
    }
  });
}
