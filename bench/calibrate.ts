/*
 * Reading and calibrating one frame, against astropy and numpy doing the same: node bench/calibrate.ts [24|61]...
 * Times are processor seconds of a fresh process without its start, compilation included, the least of five runs; memory
 * is the peak. The masters serve frame after frame, so the time that counts is that with masters at hand. Of the time that reading
 * them takes more than a third is the system's for handing out memory, 45 ms per 24 million floats where this was measured,
 * which only not to keep them would save.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFile } from '../base/file-bytes.ts';
import { Random } from '../base/random.ts';
import { dialectTable } from '../config/dialects.ts';
import { calibrate } from '../pipeline/calibration/calibrate.ts';
import type { Master } from '../pipeline/calibration/master.ts';
import { soloCrew } from '../pipeline/crew.ts';
import { encodeFits } from '../pipeline/fits/write.ts';
import { readFrame } from '../pipeline/frame/read-frame.ts';
import { kernels } from '../pipeline/kernels.ts';

const folder = fileURLToPath(new URL('out/calibrate/', import.meta.url));
const sizes: Record<string, readonly [number, number]> = { 24: [6000, 4000], 61: [9576, 6388] };
const python = `
import sys, time
import numpy as np
from astropy.io import fits
started = time.process_time()
def read(name):
    return fits.getdata(name).astype('f4')
raw = read(sys.argv[1])
if len(sys.argv) > 2:
    reading = time.process_time()
    dark, flat = read(sys.argv[2]), read(sys.argv[3])
    if sys.argv[4:] == ['at-hand']: started += time.process_time() - reading
    saturated = raw >= 65000
    electrons = (raw - dark) * np.float32(1.4) / flat
    bad = ~np.isfinite(electrons) | (flat < 0.2)
    electrons[bad] = 0
    mask = saturated.astype('u1') * 2 + bad.astype('u1') * 8
print(time.process_time() - started)
`;

if (process.argv[2] === 'once') await once(process.argv.slice(3));
else for (const size of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sizes)) compare(size);

function compare(size: string): void {
  const [width, height] = sizes[size] ?? [0, 0];
  if (width === 0) throw new RangeError(`sizes known here: ${Object.keys(sizes).join(', ')} megapixels`);
  const files = makeFrames(width, height);
  const script = fileURLToPath(import.meta.url);
  const rows = [
    ['read', [script, 'once', files[0]!], ['-c', python, files[0]!]],
    ['read and calibrate', [script, 'once', ...files, 'at-hand'], ['-c', python, ...files, 'at-hand']],
    ['read, read masters and calibrate', [script, 'once', ...files], ['-c', python, ...files]],
  ] as const;
  for (const [name, ours, theirs] of rows) {
    const a = least(process.execPath, ours);
    const b = least('/usr/bin/python3', theirs);
    const ratio = (b.seconds / a.seconds).toFixed(1);
    console.log(
      `${size} Mpx ${name}: ${a.seconds.toFixed(2)} s, ${a.megabytes} MB; astropy + numpy ${b.seconds.toFixed(2)} s, ${b.megabytes} MB; ${ratio} times`,
    );
  }
  rmSync(folder, { recursive: true });
}

function makeFrames(width: number, height: number): string[] {
  mkdirSync(folder, { recursive: true });
  const random = new Random(1);
  const light = new Uint16Array(width * height).map(() => 1000 + (random.uint32() & 255));
  const dark = new Float32Array(width * height).map(() => 500 + (random.uint32() & 7));
  const flat = new Float32Array(width * height).map(() => 0.9 + (random.uint32() & 255) / 1280);
  return Object.entries({ light, dark, flat }).map(([name, pixels]) => {
    const file = join(folder, `${name}.fits`);
    const cards = [{ keyword: 'EXPTIME', value: 60 }];
    writeFileSync(file, Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards }])));
    return file;
  });
}

/** Least processor time of five runs, as each tells it, and the peak of memory by GNU time. */
function least(program: string, args: readonly string[]): { seconds: number; megabytes: number } {
  if (!existsSync('/usr/bin/time')) throw new Error('this bench needs GNU time (/usr/bin/time)');
  const runs = [1, 2, 3, 4, 5].map(() => {
    const { stdout, stderr, status } = spawnSync('/usr/bin/time', ['-f', '%M', program, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return { seconds: Number(stdout.trim()), megabytes: Math.round(Number(stderr.trim().split('\n').at(-1)) / 1024) };
  });
  return runs.sort((a, b) => a.seconds - b.seconds)[0]!;
}

/** What one run does: read a frame; with masters given, read those too and calibrate. */
async function once(args: readonly string[]): Promise<void> {
  const atHand = args.at(-1) === 'at-hand';
  const [lightFile, ...masterFiles] = atHand ? args.slice(0, -1) : args;
  const started = process.cpuUsage();
  let seconds = 0;
  const light = await read(lightFile!);
  seconds += secondsSince(started);
  const readingMasters = process.cpuUsage();
  const masters = [];
  for (const file of masterFiles) masters.push(await read(file));
  if (!atHand) seconds += secondsSince(readingMasters);
  const calibrating = process.cpuUsage();
  const [dark, flat] = masters;
  if (dark && flat) await calibrateWith(light, dark, flat);
  console.log(seconds + secondsSince(calibrating));
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function read(file: string) {
  const source = await openFile(file);
  const outcome = await readFrame(source, { table: dialectTable });
  await source.close();
  if (outcome.kind === 'rejected') throw new Error(outcome.reason);
  return outcome;
}

type Read = Awaited<ReturnType<typeof read>>;

async function calibrateWith(light: Read, dark: Read, flat: Read): Promise<void> {
  const master = (kind: Master['kind'], frame: Read): Master => ({
    kind,
    width: frame.image.width,
    height: frame.image.height,
    pixels: frame.image.pixels,
    nCombined: 20,
    noise: 0,
    exposureS: 60,
    sensorTemperatureC: undefined,
    filter: undefined,
    id: kind,
  });
  const { width, height, pixels } = light.image;
  const fact = (value: number) => ({ value, card: 'bench', confidence: 'high' }) as const;
  await calibrate(
    { width, height, pixels, exposureS: 60, bayer: undefined },
    {
      detector: { gainEPerAdu: fact(1.4), readNoiseE: fact(3), saturationAdu: fact(65000) },
      masters: { dark: master('dark', dark), flat: master('flat', flat) },
    },
    soloCrew(kernels),
  );
}
