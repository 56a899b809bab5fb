import { basename } from 'node:path';
import { openFile } from '../../base/file-bytes.ts';
import { dialectTable } from '../../config/dialects.ts';
import type { Master } from '../../pipeline/calibration/master.ts';
import { measureMember } from '../../pipeline/combine/member.ts';
import { readFrame } from '../../pipeline/frame/read-frame.ts';
import type { CalibrationFacts, MasterKind } from '../store/master.ts';
import { readMaster } from './master-file.ts';
import { corrections } from './sets.ts';

/** A master, or none, with what has to be said of it. */
export type Loaded = { readonly master?: Master; readonly warnings: readonly string[]; readonly software?: string };

/** What 1 stands for in masters of programs that keep pixels from 0 to 1, as PixInsight and Siril do. */
const wholeRangeAdu = 65535;

/**
 * Reads a master that a person gives: one of ours as it is; one of another program with flats normalised to mean 1 (each colour for
 * itself), pixels from 0 to 1 brought to ADU, and the bias given back to darks that say it was taken out, for our darks hold it. Its noise counts as 0.
 */
export async function readForeignMaster(
  path: string,
  kind: MasterKind,
  exposureId: string,
  facts: CalibrationFacts,
  findBias: () => Promise<Loaded>,
): Promise<Loaded> {
  const file = await openFile(path);
  try {
    const read = await readFrame(file, { table: dialectTable, path: basename(path) });
    if (read.kind === 'rejected') return { warnings: [`the master ${kind} ${basename(path)}: ${read.reason}`] };
    const { header, image } = read;
    const ownId = header.string('MASTERID');
    if (ownId !== undefined) return { master: await readMaster(path, kind, ownId), warnings: [] };
    const warnings: string[] = [];
    const { width, height, pixels } = image;
    const software = read.facts.software?.value;
    if (kind !== 'flat' && image.bitpix < 0 && isFraction(pixels)) {
      warnings.push(`the master ${kind} ${basename(path)} runs from 0 to 1: taken as parts of ${wholeRangeAdu} ADU`);
      for (let i = 0; i < pixels.length; i++) pixels[i]! *= wholeRangeAdu;
    }
    if (kind === 'flat') await normalise(width, height, pixels, facts.setup.bayer !== null);
    const { lacksBias, levelAdu } = corrections(kind, read.facts);
    if (levelAdu && !isFraction(pixels)) for (let i = 0; i < pixels.length; i++) pixels[i]! -= levelAdu;
    if ((kind === 'dark' || kind === 'flat-dark') && lacksBias) {
      const bias = await findBias();
      warnings.push(...bias.warnings);
      if (bias.master?.pixels.length !== pixels.length) {
        return {
          warnings: [...warnings, `the bias was taken out of ${basename(path)}: without a bias it is not used`],
        };
      }
      for (let i = 0; i < pixels.length; i++) pixels[i]! += bias.master.pixels[i]!;
    }
    const master: Master = {
      kind,
      width,
      height,
      pixels,
      nCombined: header.number('NCOMBINE') ?? header.number('STACKCNT') ?? 1,
      noise: 0,
      exposureS: facts.exposureS ?? 0,
      sensorTemperatureC: facts.temperatureC ?? undefined,
      filter: facts.filter ?? undefined,
      id: exposureId.slice(0, 32),
    };
    return { master, warnings, ...(software !== undefined && { software }) };
  } finally {
    await file.close();
  }
}

/** Whether no pixel is beyond 1: no camera's pedestal is that low in ADU. */
function isFraction(pixels: Float32Array): boolean {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < pixels.length; i++) if (pixels[i]! > highest) highest = pixels[i]!;
  return highest > 0 && highest <= 1;
}

/** Divides a flat by its own level, each pixel of the 2 x 2 cell by that of its colour. */
async function normalise(width: number, height: number, pixels: Float32Array, colour: boolean): Promise<void> {
  const rows = {
    name: 'flat',
    width,
    height,
    async readRows(from: number, to: number, into: Float32Array) {
      into.set(pixels.subarray(from * width, to * width));
    },
  };
  const { levels } = await measureMember(rows, undefined, Number.POSITIVE_INFINITY, colour);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels[y * width + x]! /= levels[(y & 1) * 2 + (x & 1)]!;
  }
}
