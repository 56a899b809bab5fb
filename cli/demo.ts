import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Daemon, startDaemon } from '../agent/daemon.ts';
import { makeLog } from '../agent/health/log.ts';
import { systemClock } from '../base/clock.ts';
import { describeError, ProgrammingFault, TellOperator } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { parseConfig } from '../config/load.ts';
import { Drivers } from '../drivers/load.ts';
import type { SimulatedCameraDevice } from '../drivers/simulator/camera.ts';
import { Renderer } from '../drivers/simulator/sky/renderer.ts';
import { startHub } from '../hub/hub.ts';
import { operator, Tokens } from '../hub/tokens.ts';
import { readFrameRecord } from '../protocol/frame-record.ts';
import type { HeldParcel } from '../protocol/photometry.ts';
import type { HeldRequest, RequestSubmission } from '../protocol/rest.ts';
import { type SavedFrame, saveFrame } from './demo/camera-program.ts';
import { scoreFrame } from './demo/score.ts';
import { type DemoSky, demoCamera, demoSky } from './demo/sky.ts';
import { untilToldToStop } from './signals.ts';
import { version } from './version.ts';

const nFrames = 5;
const patienceMs = 50_000;
/** What the demonstration must reach to end with 0. */
const greatestBias = 0.01;
const greatestPull = 3;

export function command(): Command {
  return new Command('demo')
    .description('show the whole way: simulated frames measured and delivered to a hub, and a request executed')
    .option('--keep', 'leave it running, and keep its folder')
    .option('--seed <n>', 'another sky', Number, 1)
    .action(demo);
}

async function demo(options: { keep?: boolean; seed: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bhtom-edge-demo-'));
  const tell = (text: string) => console.error(text);
  const clock = systemClock;
  const log = makeLog({ level: 'error', format: 'auto' }, process.stderr.isTTY === true, systemClock);
  const token = { site: crypto.randomUUID(), operator: crypto.randomUUID() };
  const sky = demoSky(clock.nowMs(), options.seed);
  const stops: (() => Promise<void>)[] = [() => (options.keep ? Promise.resolve() : rm(folder, { recursive: true }))];
  let passed = false;
  try {
    tell(`bhtom-edge ${version}: a demonstration in ${folder}`);
    const hub = await startHub({
      port: 0,
      dataDir: join(folder, 'hub'),
      tokens: new Tokens([
        { site: sky.site.name, token: token.site },
        { site: operator, token: token.operator },
      ]),
      clock,
      log,
    });
    stops.unshift(() => hub.close());
    tell(`1. a hub listens at ${hub.url}`);

    const config = await writeSite(folder, sky, hub.url, token.site, options.seed);
    const drivers = new Drivers(config.site, clock);
    let camera: SimulatedCameraDevice | undefined;
    const daemon = await startDaemon({
      config,
      clock,
      random: new Random(options.seed),
      log,
      version,
      loadDevices: async (wanted) => {
        // The telescope is made last, under the roof that the site was given.
        const made = await drivers.open(
          wanted === 'site' ? config.devices : wanted.drivers!,
          wanted === 'site' ? [] : wanted.filters,
        );
        if (wanted !== 'site') camera = made.camera as SimulatedCameraDevice;
        return made;
      },
    });
    stops.unshift(() => daemon.stop());
    const folderOfCamera = config.instruments[0]!.folders[0]!;
    tell(`2. the daemon watches ${folderOfCamera}; its page for the browser: ${daemon.pageUrl}`);

    const frames = await takeFrames(folderOfCamera, sky, tell);
    const ask = <Body>(path: string, body?: object) => hubSays<Body>(hub.url + path, token.operator, body);
    const measured = await scoreFrames(frames, daemon.store, ask, tell);
    tellLightCurve(sky, daemon.store, tell);
    await rejectPicture(folderOfCamera, daemon.store, tell);
    const observed = await followRequest(sky, () => camera!, ask, tell);
    passed = measured && observed;
    tell(passed ? 'The demonstration passed.' : 'The demonstration FAILED: see above.');
    if (options.keep) {
      tell(`It goes on until Ctrl-C. Open ${daemon.pageUrl} in a browser.`);
      tell(`The operator's token for ${hub.url} is ${token.operator}`);
      await untilToldToStop();
    }
  } finally {
    for (const stop of stops) await stop();
  }
  if (!passed) process.exitCode = 1;
}

/** Writes the site as an operator would have it: configuration, token, reference stars. */
async function writeSite(folder: string, sky: DemoSky, hubUrl: string, token: string, seed: number) {
  await mkdir(join(folder, 'frames'));
  await writeFile(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  const rows = sky.reference.map(
    ({ raDeg, decDeg, gMag }) => `${raDeg.toFixed(7)},${decDeg.toFixed(7)},${gMag.toFixed(4)}`,
  );
  await writeFile(join(folder, 'reference-stars.csv'), `ra,dec,mag\n${rows.join('\n')}\n`);
  const { site } = sky;
  const text = `# Written by bhtom-edge demo
site: { name: ${site.name}, latitudeDeg: ${site.latitudeDeg}, longitudeDeg: ${site.longitudeDeg}, heightM: ${site.heightM} }
dataDir: data
catalogue: { file: reference-stars.csv }
targets: [{ name: ${demoTarget(sky)}, raDeg: ${sky.target.raDeg}, decDeg: ${sky.target.decDeg} }]
instruments:
  - id: main
    folders: [frames]
    filters: [V]
    camera: { scaleArcsecPerPx: ${demoCamera.scaleArcsecPerPx} }
    drivers:
      - { kind: simulator, seed: ${seed}, slewSeconds: 30, timeFactor: 30, ${Object.entries(demoCamera)
        .map(([key, value]) => `${key}: ${value}`)
        .join(', ')} }
devices:
  - { kind: simulator, seed: ${seed}, timeFactor: 30 }
destinations:
  - { id: demo-hub, kind: hub, url: "${hubUrl}", tokenFile: token }
intake: { settleS: 0.5 }
observing: { minMoonDistanceDeg: 0 }
safety: { pollS: 0.5, reopenAfterS: 1, roof: interlocked }
`;
  await writeFile(join(folder, 'config.yaml'), text);
  return parseConfig(text, 'config.yaml', folder);
}

async function takeFrames(folder: string, sky: DemoSky, tell: (text: string) => void): Promise<SavedFrame[]> {
  const renderer = new Renderer();
  const frames: SavedFrame[] = [];
  try {
    for (let number = 1; number <= nFrames; number++) {
      // A little off from frame to frame, as a mount without guiding leaves it.
      const field = { ...sky, raDeg: sky.zenith.raDeg + number * 0.003, decDeg: sky.zenith.decDeg - number * 0.002 };
      frames.push(await saveFrame(renderer, folder, number, field, systemClock.nowMs()));
      tell(`3. the camera program saved frame ${number} of ${nFrames} (${frames.at(-1)!.truth.length} stars)`);
    }
  } finally {
    await renderer.close();
  }
  return frames;
}

/** The star whose light curve is measured, and that the request is for. */
function demoTarget({ target }: DemoSky): string {
  return `star ${target.id}`;
}

function tellLightCurve(sky: DemoSky, store: Daemon['store'], tell: (text: string) => void): void {
  const mags = store.targetPoints
    .of(demoTarget(sky))
    .flatMap(({ mag, magErr }) => (mag === null ? [] : `${mag.toFixed(3)} +- ${magErr?.toFixed(3) ?? '?'}`));
  tell(`   light curve of ${demoTarget(sky)}, magnitudes: ${mags.join(', ')}`);
}

/** Saves a photograph under the name of a frame, and tells what becomes of it. */
async function rejectPicture(folder: string, store: Daemon['store'], tell: (text: string) => void): Promise<void> {
  const path = join(folder, 'the dome.fits');
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, ...Buffer.from('JFIF')]);
  await writeFile(path, Buffer.concat([jpeg, Buffer.alloc(4096)]));
  const { reason } = await until('the photograph to be rejected', () => {
    const frame = store.frames.atPath('main', path);
    return frame?.state === 'rejected' ? frame : undefined;
  });
  tell(`   rejected: ${path.split('/').at(-1)}: ${reason}`);
}

type Ask = <Body>(path: string, body?: object) => Promise<Body>;

async function hubSays<Body>(url: string, token: string, body?: object): Promise<Body> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Body & { reason?: string };
  if (!response.ok) throw new TellOperator('HUB', `The hub refused ${url}: ${answer.reason ?? response.status}`);
  return answer;
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (systemClock.monotonicMs() - startedMs > patienceMs) {
      throw new TellOperator('DEMO_TOO_SLOW', `After ${patienceMs / 1000} s: still waiting for ${what}.`);
    }
    await systemClock.sleep(100);
  }
}

async function scoreFrames(
  frames: readonly SavedFrame[],
  store: Daemon['store'],
  ask: Ask,
  tell: (text: string) => void,
): Promise<boolean> {
  let passed = true;
  const rows = ['   frame                 stars  S/N>20  found  flux bias  pull   hub'];
  for (const { path, exposureId, truth } of frames) {
    const reduction = await until(`the reduction of ${path}`, () => store.reductions.byExposure(exposureId)[0]);
    const sent = store.outbox.ofExposure(exposureId);
    const held = await until(`the hub to hold ${path}`, async () => {
      const all = await ask<HeldParcel[]>('/v1/photometry');
      const own = all.filter((row) => row.exposureId === exposureId);
      return own.length >= sent.length ? own : undefined;
    });
    const agree = sent.every(({ checksum }) => held.some((row) => row.checksum === checksum));
    const { value: record, unreadable } = readFrameRecord(reduction.record);
    if (!record) throw new ProgrammingFault('RECORD_UNREADABLE', `The record of ${path} cannot be read: ${unreadable}`);
    const score = scoreFrame(await readFile(record.catalogues[0]!, 'utf8'), truth);
    const bias = `${(100 * score.fluxBias).toFixed(2)} %`;
    rows.push(
      `   ${path.split('/').at(-1)!.padEnd(20)} ${String(score.nTrue).padStart(6)} ${String(score.nBright).padStart(7)} ` +
        `${String(score.nFound).padStart(6)} ${bias.padStart(10)} ${score.pullWidth.toFixed(2).padStart(5)}   ` +
        `${agree ? 'same checksum' : 'DIFFERS'}`,
    );
    passed &&= agree && Math.abs(score.fluxBias) < greatestBias;
  }
  tell(`4. measured, delivered and acknowledged:\n${rows.join('\n')}`);
  return passed;
}

async function followRequest(
  sky: DemoSky,
  camera: () => SimulatedCameraDevice,
  ask: Ask,
  tell: (text: string) => void,
): Promise<boolean> {
  const { id, raDeg, decDeg } = sky.target;
  const nowMs = systemClock.nowMs();
  const submission: RequestSubmission = {
    site: sky.site.name,
    request: {
      name: 'demonstration',
      target: { name: demoTarget(sky), raDeg, decDeg },
      instrumentConfigs: [{ filter: 'V', exposureS: 60 }],
      constraints: { minLunarDistanceDeg: 0 },
      windows: [{ start: new Date(nowMs - 60_000).toISOString(), end: new Date(nowMs + 3_600_000).toISOString() }],
    },
  };
  const request = await ask<HeldRequest>('/v1/requests', submission);
  tell(`5. the hub asks for 60 s of ${submission.request.target.name}`);
  let last = '';
  const ended = await until('the request to end', async () => {
    const now = await ask<HeldRequest>(`/v1/requests/${request.id}`);
    if (now.state !== last) tell(`   ${now.state}${now.reason ? `: ${now.reason}` : ''}`);
    last = now.state;
    return ['PENDING', 'IN_PROGRESS', 'ABORTED'].includes(now.state) ? undefined : now;
  });
  const measurement = ended.result?.measurements[0];
  const truth = camera()
    .lastTruth()
    .find((star) => star.id === id);
  if (ended.state !== 'COMPLETED' || !measurement?.flux || !measurement.fluxErr || !truth) {
    tell(
      `   no measurement came back: ${describeError(ended.reason || measurement?.verdict || 'nothing was measured')}`,
    );
    return false;
  }
  const pull = (measurement.flux - truth.electrons) / measurement.fluxErr;
  tell(
    `6. measured ${measurement.flux.toFixed(0)} +- ${measurement.fluxErr.toFixed(0)} electrons; ` +
      `the truth is ${truth.electrons.toFixed(0)}: ${pull.toFixed(1)} sigma off`,
  );
  return Math.abs(pull) < greatestPull;
}
