import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/random.ts';
import { buildCamera, type CameraSpec, cameraSpec } from '../../drivers/simulator/sky/camera.ts';
import {
  type CalibrationExposure,
  lightExposure,
  renderCalibration,
  renderExposure,
} from '../../drivers/simulator/sky/render.ts';
import { makeSky } from '../../drivers/simulator/sky/stars.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';

/** A camera that writes its frames, of every kind, into a folder as a camera program would. */
export class FrameSource {
  readonly camera;
  readonly #folder: string;
  readonly #random: Random;
  #timeMs: number;
  #count = 0;

  constructor(folder: string, spec: Partial<CameraSpec>, startMs: number, seed = 1) {
    this.camera = buildCamera(cameraSpec(spec));
    this.#folder = folder;
    this.#random = new Random(seed);
    this.#timeMs = startMs;
  }

  /** Lets time pass before the next exposure. */
  pass(ms: number): void {
    this.#timeMs += ms;
  }

  calibration(exposure: CalibrationExposure, cards: readonly CardToWrite[] = []): string {
    const exposureS = exposure.kind === 'bias' ? 0 : exposure.exposureS;
    const adu = renderCalibration(this.camera, exposure, this.#random);
    return this.#save(exposure.kind, adu, exposureS, cards);
  }

  /** Of stars brighter than the simulated survey's limit, or of an empty sky. */
  light(skyEPerS: number, starsPerSquareDegree: number, exposureS = 60, cards: readonly CardToWrite[] = []): string {
    const sky = makeSky(5, { starsPerSquareDegree });
    const { adu } = renderExposure(sky, this.camera, lightExposure({ skyEPerS, exposureS }), this.#random);
    return this.#save('light', adu, exposureS, cards);
  }

  #save(kind: string, adu: Uint16Array, exposureS: number, cards: readonly CardToWrite[]): string {
    const { widthPx: width, heightPx: height, bayer } = this.camera.spec;
    const types: Record<string, string> = { bias: 'Bias Frame', dark: 'Dark Frame', flat: 'Flat Field' };
    const usual: CardToWrite[] = [
      { keyword: 'IMAGETYP', value: types[kind] ?? 'Light Frame' },
      { keyword: 'DATE-OBS', value: new Date(this.#timeMs).toISOString().slice(0, -1) },
      { keyword: 'EXPTIME', value: exposureS },
      { keyword: 'INSTRUME', value: 'Test Camera' },
      { keyword: 'CCD-TEMP', value: -10 },
      { keyword: 'XBINNING', value: 1 },
      { keyword: 'YBINNING', value: 1 },
      { keyword: 'GAIN', value: 100 },
      ...(kind === 'flat' || kind === 'light' ? [{ keyword: 'FILTER', value: 'V' }] : []),
      ...(bayer
        ? [
            { keyword: 'BAYERPAT', value: bayer },
            { keyword: 'ROWORDER', value: 'TOP-DOWN' },
          ]
        : []),
    ];
    const given = new Set(cards.map(({ keyword }) => keyword));
    const all = [...usual.filter(({ keyword }) => !given.has(keyword)), ...cards];
    const path = join(this.#folder, `${kind}-${String(++this.#count).padStart(3, '0')}.fits`);
    writeFileSync(path, Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels: adu, cards: all }])));
    this.#timeMs += exposureS * 1000 + 1000;
    return path;
  }
}
