import assert from 'node:assert/strict';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cardsOf, writePixels } from '../../../agent/observing/frame-file.ts';
import { Random } from '../../../base/random.ts';
import { cameraSpec } from '../../../drivers/simulator/sky/camera.ts';
import { lightExposure } from '../../../drivers/simulator/sky/render.ts';
import { Renderer } from '../../../drivers/simulator/sky/renderer.ts';
import { makeSky } from '../../../drivers/simulator/sky/stars.ts';
import { AgentProcess, eventually, siteOnDisk } from '../../support/agent-process.ts';
import { heldParcels, hubFor, tokenOf } from '../../support/hub.ts';
import { realFile, withRealData } from '../../support/outside.ts';
import { temporaryFolder } from '../../support/parcels.ts';

/** Kills of the daemon during the night; more by BHTOM_EDGE_KILLS. */
const kills = Number(process.env.BHTOM_EDGE_KILLS ?? 5);

/** Small frames of a simulated night, outside the watched folder. */
async function simulatedFrames(t: TestContext, count: number): Promise<string[]> {
  const folder = temporaryFolder(t);
  const renderer = new Renderer();
  const camera = cameraSpec({ widthPx: 256, heightPx: 256 });
  const paths: string[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const startMs = Date.UTC(2026, 0, 1, 22, i);
      const exposure = lightExposure({ exposureS: 60, midMs: startMs + 30_000 });
      const sky = makeSky(1, { starsPerSquareDegree: 12_000 });
      const frame = await renderer.render({ sky, camera, exposure: { kind: 'light', ...exposure }, seed: i });
      const path = join(folder, `night ${i}.fits`);
      const cards = cardsOf({
        startMs,
        exposureS: 60,
        facts: { ...camera, camera: camera.name, binning: 1, saturationAdu: frame.saturationAdu, temperatureC: -15 },
        target: { name: 'field', raDeg: exposure.raDeg, decDeg: exposure.decDeg },
        filter: 'V',
        telescope: 'test',
        scaleArcsecPerPx: 1,
        site: { latitudeDeg: 50, longitudeDeg: 20, heightM: 0 },
        requestId: undefined,
        visitId: undefined,
        software: 'test',
      });
      await writePixels(path, frame, cards);
      paths.push(path);
    }
  } finally {
    await renderer.close();
  }
  return paths;
}

async function nightUnderKills(t: TestContext, frames: readonly string[], nKills: number): Promise<void> {
  const hub = await hubFor(t);
  const site = siteOnDisk(t, hub.url, tokenOf.here);
  const agent = new AgentProcess(t, site.config);
  await agent.start();
  const random = new Random(frames.length);
  const killAfter = new Set(
    Array.from({ length: nKills }, (_, i) => Math.floor(((i + 1) * frames.length) / (nKills + 1))),
  );
  for (const [i, path] of frames.entries()) {
    await copyFile(path, join(site.frames, path.split('/').at(-1)!));
    if (!killAfter.has(i)) continue;
    await sleep(random.uniform() * 2500);
    await agent.kill();
    await agent.start();
  }
  await eventually(`${frames.length} exposures at the hub`, async () => {
    const held = await heldParcels(hub, '?site=here');
    return new Set(held.map(({ exposureId }) => exposureId)).size >= frames.length ? held : undefined;
  });
  await sleep(1500); // a double would come now
  const held = await heldParcels(hub, '?site=here');
  assert.equal(held.length, frames.length, 'one row an exposure');
  assert.equal(new Set(held.map(({ key }) => key)).size, frames.length);
  assert.equal(await agent.stop(), 0);
}

describe('a night with power cuts', () => {
  it('delivers each simulated frame once', async (t) => {
    await nightUnderKills(t, await simulatedFrames(t, 12), kills);
  });

  it('delivers each real frame once', withRealData, async (t) => {
    const folder = realFile('hatp32-microobs');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.FITS')).sort();
    const some = names.slice(0, Number(process.env.BHTOM_EDGE_REAL_FRAMES ?? 6)).map((name) => join(folder, name));
    await nightUnderKills(t, some, 1);
  });
});
