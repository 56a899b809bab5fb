import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { frameWriter } from '../../../../agent/observing/frame-writer.ts';
import type { Visit } from '../../../../agent/store/visit.ts';
import { configSchema } from '../../../../config/schema.ts';
import type { CameraFrame } from '../../../../drivers/contract.ts';
import { requestFor } from '../../../support/visits.ts';

const folder = await mkdtemp(join(tmpdir(), 'bhtom-edge-frame-writer-'));
after(() => rm(folder, { recursive: true }));

const config = configSchema.parse({
  site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 300 },
  instruments: [{ id: 'main', folders: [folder] }],
});
const writer = frameWriter({
  ...{ site: config.site, instrument: config.instruments[0]!, software: 'test' },
  frames: { byVisit: () => [] },
});
const visitOf = (id: string): Visit => ({
  ...{ id, order: { destination: 'd', instrument: 'main', request: requestFor() } },
  ...{ step: 'write', exposuresBegun: 1, resumes: 0 },
});
const planned = { number: 1, filter: 'V', exposureS: 10, binning: 1 };
const frameOf = (adu: Uint16Array): CameraFrame => ({
  ...{ form: 'pixels', adu, width: 100, height: 90, startMs: Date.UTC(2026, 10, 22, 22), exposureS: 10 },
  facts: {
    ...{ camera: 'c', binning: 1, pixelSizeUm: 5, gainEPerAdu: 1, readNoiseE: 3, saturationAdu: 60_000 },
    ...{ temperatureC: -10, bayer: undefined },
  },
});

test('pixels are handed over to the thread that writes them, not copied', async () => {
  const adu = new Uint16Array(9000).fill(777);
  const { file } = await writer.write(visitOf('handed-over'), planned, frameOf(adu));
  assert.equal(adu.length, 0);
  const pixels = await readFile(file);
  assert.equal(pixels.readInt16BE(pixels.length - 2880 * 7), 777 - 32768);
});

test('pixels in shared memory are written and stay', async () => {
  const adu = new Uint16Array(new SharedArrayBuffer(18_000)).fill(777);
  const { file, exposureId } = await writer.write(visitOf('shared'), planned, frameOf(adu));
  assert.equal(adu.length, 9000);
  const owned = await writer.write(visitOf('owned'), planned, frameOf(new Uint16Array(9000).fill(777)));
  assert.equal(exposureId, owned.exposureId);
  assert.ok((await readFile(file)).length > 18_000);
});

test('what an interrupted visit left in the folder is known again by its exposureId', async () => {
  const visit = visitOf('interrupted');
  const written = await writer.write(visit, planned, frameOf(new Uint16Array(9000).fill(5)));
  assert.deepEqual(await writer.written(visit), [written]);
});

test('a damaged frame of an interrupted visit is told by its name', async () => {
  const visit = visitOf('damaged');
  const { file } = await writer.write(visit, planned, frameOf(new Uint16Array(9000)));
  await writeFile(join(dirname(file), 'damaged-0002.fits'), 'not a frame');
  await assert.rejects(writer.written(visit), { code: 'FRAME_NOT_READ', message: /damaged-0002/ });
});
