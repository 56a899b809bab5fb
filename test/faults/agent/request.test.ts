import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoSky } from '../../../cli/demo/sky.ts';
import { magnitudeIn } from '../../../drivers/simulator/sky/bands.ts';
import { cameraSpec } from '../../../drivers/simulator/sky/camera.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { HeldRequest } from '../../../protocol/rest.ts';
import { AgentProcess, eventually, siteOnDisk } from '../../support/agent-process.ts';
import { call, heldParcels, heldRequests, hubFor, tokenOf } from '../../support/hub.ts';
import { wireTo } from '../../support/proxy.ts';

const exposureS = 60;

/** A robotic site under a dark sky, whose time runs 20 times faster while it exposes. */
function roboticSite(t: TestContext, hubUrl: string) {
  const sky = demoSky(Date.now(), 1);
  const { latitudeDeg, longitudeDeg } = sky.site;
  const site = siteOnDisk(t, hubUrl, tokenOf.here, {
    site: `{ name: here, latitudeDeg: ${latitudeDeg}, longitudeDeg: ${longitudeDeg} }`,
    instrument: `filters: [V], camera: { scaleArcsecPerPx: 1 }, drivers: [{ kind: simulator, seed: 1, widthPx: 1024, heightPx: 1024, scaleArcsecPerPx: 1, starsPerFrame: 200, slewSeconds: 10, timeFactor: 20 }]`,
    more: `
catalogue: { file: stars.csv }
devices: [{ kind: simulator, timeFactor: 20 }]
observing: { minMoonDistanceDeg: 0 }
safety: { pollS: 0.2, reopenAfterS: 0.5, roof: interlocked }
`,
  });
  const rows = sky.reference.map(({ raDeg, decDeg, gMag }) => `${raDeg},${decDeg},${gMag}`);
  writeFileSync(join(site.folder, 'stars.csv'), `ra,dec,mag\n${rows.join('\n')}\n`);
  return { sky, ...site };
}

async function ask(hub: Hub, target: { raDeg: number; decDeg: number }, test = false): Promise<string> {
  const nowMs = Date.now();
  const { status, body } = await call(hub, '/v1/requests', {
    method: 'POST',
    body: JSON.stringify({
      site: 'here',
      request: {
        name: 'one star',
        target: { name: 'star', raDeg: target.raDeg, decDeg: target.decDeg },
        instrumentConfigs: [{ filter: 'V', exposureS }],
        constraints: { minLunarDistanceDeg: 0 },
        windows: [{ start: new Date(nowMs - 1000).toISOString(), end: new Date(nowMs + 3.6e6).toISOString() }],
        test,
      },
    }),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(status, 201, JSON.stringify(body));
  return (body as HeldRequest).id;
}

async function ended(hub: Hub, id: string): Promise<HeldRequest> {
  return eventually(`the end of request ${id}`, async () => {
    const request = (await heldRequests(hub)).find((one) => one.id === id)!;
    return ['PENDING', 'IN_PROGRESS', 'ABORTED'].includes(request.state) ? undefined : request;
  });
}

function trueElectrons({ gMag, bpRp }: { gMag: number; bpRp: number }): number {
  return exposureS * 10 ** (0.4 * (cameraSpec().zeroPointMag.V - magnitudeIn('V', gMag, bpRp)));
}

describe('a request to a robotic unit', () => {
  it('is executed once, though the agent is killed while it exposes and the link is cut', async (t) => {
    const hub = await hubFor(t);
    const wire = await wireTo(t, hub.url);
    const site = roboticSite(t, wire.url);
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    const id = await ask(hub, site.sky.target);
    await eventually('the exposure to begin', async () => {
      const request = (await heldRequests(hub)).find((one) => one.id === id);
      return request?.state === 'IN_PROGRESS' ? request : undefined;
    });
    await sleep(1800); // slewing takes half a second here, the exposure three: now the shutter is open
    await agent.kill();
    wire.cut();
    await agent.start();
    wire.cut();
    const request = await ended(hub, id);

    assert.equal(request.state, 'COMPLETED', request.reason);
    assert.equal(request.result!.exposureIds.length, 1, 'one frame');
    const [measurement, ...more] = request.result!.measurements;
    assert.equal(more.length, 0, 'one result');
    const pull = (measurement!.flux! - trueElectrons(site.sky.target)) / measurement!.fluxErr!;
    assert.ok(Math.abs(pull) < 3, `the flux is ${pull.toFixed(1)} sigma from the truth`);
    const parcels = await eventually('the frame to arrive', async () => {
      const held = await heldParcels(hub);
      return held.length > 0 ? held : undefined;
    });
    const exposures = new Set(parcels.map(({ exposureId }) => exposureId));
    assert.deepEqual([...exposures], request.result!.exposureIds, 'nothing else was exposed');
  });

  it('moves nothing when it is a test', async (t) => {
    const hub = await hubFor(t);
    const site = roboticSite(t, hub.url);
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    const request = await ended(hub, await ask(hub, site.sky.target, true));
    assert.deepEqual(request.result?.exposureIds ?? [], []);
    assert.deepEqual(await heldParcels(hub), []);
  });

  it('is declined with the reason when the sky will not allow it', async (t) => {
    const hub = await hubFor(t);
    const site = roboticSite(t, hub.url);
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    const antipode = { raDeg: (site.sky.zenith.raDeg + 180) % 360, decDeg: -85 };
    const request = await ended(hub, await ask(hub, antipode));
    assert.equal(request.answer, 'decline');
    assert.match(request.reason, /never rises/);
  });
});
