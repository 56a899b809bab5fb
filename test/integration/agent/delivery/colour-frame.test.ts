import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import { photometryParcel } from '../../../../protocol/photometry.ts';
import { AgentProcess, eventually, siteOnDisk } from '../../../support/agent-process.ts';
import { paintBayerField } from '../../../support/bayer-field.ts';
import { call, heldParcels, hubFor, tokenOf } from '../../../support/hub.ts';

const [width, height] = [256, 256];
/** Stars apart from each other, of three colours. */
const stars = Array.from({ length: 25 }, (_, k) => ({
  x: 30 + 48 * (k % 5) + 0.37 * k,
  y: 30 + 48 * Math.floor(k / 5) + 0.23 * k,
  flux: { R: 60_000 + 5000 * (k % 3), G: 100_000, B: 45_000 - 5000 * (k % 3) },
}));

/** The bytes of a frame of a colour camera. */
function colourFrame(): Buffer {
  const sky = { fwhmPx: 5, beta: 3, skyE: 300, readNoiseE: 4 };
  const pixels = new Uint16Array(width * height);
  for (const plane of paintBayerField({ width, height, pattern: 'RGGB', stars, ...sky }, new Random(7))) {
    plane.electrons.forEach((electrons, p) => {
      const x = 2 * (p % plane.width) + plane.mosaic.offsetX;
      const y = 2 * Math.floor(p / plane.width) + plane.mosaic.offsetY;
      pixels[y * width + x] = Math.round(electrons) + 100;
    });
  }
  const cards = [
    { keyword: 'IMAGETYP', value: 'Light Frame' },
    { keyword: 'DATE-OBS', value: '2026-03-01T22:15:00.000' },
    { keyword: 'EXPTIME', value: 60 },
    { keyword: 'BAYERPAT', value: 'RGGB' },
    { keyword: 'EGAIN', value: 1 },
  ];
  return Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards }]));
}

it('every plane of a colour frame reaches the hub, with its own stars', async (t) => {
  const hub = await hubFor(t);
  const site = siteOnDisk(t, hub.url, tokenOf.here);
  const agent = new AgentProcess(t, site.config);
  await agent.start();
  writeFileSync(join(site.folder, 'colour.fits'), colourFrame());
  renameSync(join(site.folder, 'colour.fits'), join(site.frames, 'colour.fits'));
  const held = await eventually('the frame was reduced and all of it delivered', async () => {
    const parcels = await heldParcels(hub);
    return parcels.length >= 4 ? parcels : undefined;
  });
  const parcels = await Promise.all(
    held.map(async ({ key, revision }) =>
      photometryParcel.parse((await call(hub, `/v1/photometry/${key}/${revision}?site=here`)).body),
    ),
  );
  assert.deepEqual(parcels.map(({ frame }) => frame.plane).sort(), ['B', 'G1', 'G2', 'R']);
  assert.equal(new Set(held.map(({ key }) => key)).size, 4);
  const bright = Object.fromEntries(
    parcels.map(({ frame, sources }) => [frame.plane, Math.max(...sources!.flux!.map((flux) => flux ?? 0))]),
  );
  assert.ok(bright.G1! > bright.R! && bright.R! > bright.B!, JSON.stringify(bright));
});
