import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Random } from '../../../base/random.ts';
import { encodeFits } from '../../../pipeline/fits/write.ts';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';
import { builtInLeapTable } from '../../../pipeline/time/leap.ts';
import { unixMsOfMjd } from '../../../pipeline/time/mjd.ts';
import { type Site, startSite, stopAndRemove, temporaryRoot } from '../../support/intake.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const dayMs = 86_400_000;

/** Runs the program as if it were another time; by its output. */
async function edgeAt(nowMs: number, ...args: string[]): Promise<string> {
  const clock = `const start = Date.now(); const now = Date.now; Date.now = () => ${nowMs} + now() - start`;
  const setClock = `--import=data:text/javascript,${encodeURIComponent(clock)}`;
  return (await run(process.execPath, [setClock, program, ...args], { maxBuffer: 1 << 24 })).stdout;
}

describe('status', () => {
  const sites: Site[] = [];
  after(() => Promise.all(sites.map((site) => stopAndRemove(site))));

  it('warns once the leap seconds known are past their end, not before, and tells the remedy', async () => {
    const site = startSite({ root: temporaryRoot() });
    sites.push(site);
    await site.stop();
    const config = join(site.root, 'edge.yaml');
    const write = (more: string) =>
      writeFileSync(
        config,
        `site: { name: test, latitudeDeg: 50, longitudeDeg: 20 }\ndataDir: data\ninstruments: [{ folders: [frames] }]\n${more}`,
      );
    write('');
    // The system's own list may reach farther than the program's.
    const farMs = unixMsOfMjd({ day: builtInLeapTable.validUntilMjd, fraction: 0 }) + 3660 * dayMs;
    assert.doesNotMatch(await edgeAt(Date.UTC(2026, 10, 25), 'status', '--config', config), /leap second/);
    const late = await edgeAt(farMs, 'status', '--config', config);
    assert.match(late, /^warning: leap seconds are known until 20\d\d-\d\d-28 only: .*tzdata.*leapSecondsFile/m);
    const { warnings } = JSON.parse(await edgeAt(farMs, 'status', '--config', config, '--json')) as {
      warnings: string[];
    };
    assert.equal(warnings.length, 1);
    const ntpSeconds = Math.round(farMs / 1000) + 2_208_988_800 + 3600;
    writeFileSync(join(site.root, 'leap-seconds.list'), `#@ ${ntpSeconds}\n2272060800 10\n3692217600 37\n`);
    write('reduction: { leapSecondsFile: leap-seconds.list }\n');
    assert.doesNotMatch(await edgeAt(farMs, 'status', '--config', config), /leap second/);
    write('reduction: { leapSecondsFile: nowhere.list }\n');
    const lost = await edgeAt(farMs, 'status', '--config', config);
    assert.match(lost, /warning: reduction\.leapSecondsFile cannot be read and is not used/);
  });
});

/** A frame of 60 stars whose light is drawn out over `trailPx` in x, with a satellite through it or not. */
function frame({ trailPx, satellite }: { trailPx: number; satellite: boolean }): Buffer {
  const [width, height, sigma] = [400, 400, 1.4];
  const random = new Random(31);
  const light = new Float64Array(width * height).fill(400);
  for (let star = 0; star < 60; star++) {
    const [x, y] = [20 + 360 * random.uniform(), 20 + 360 * random.uniform()];
    const flux = 10 ** (4 + 1.3 * random.uniform());
    for (let step = 0; step < 20; step++) {
      const cx = x + ((step + 0.5) / 20 - 0.5) * trailPx;
      for (let j = Math.floor(y) - 9; j <= y + 9; j++) {
        for (let i = Math.floor(cx) - 9; i <= cx + 9; i++) {
          if (i < 0 || j < 0 || i >= width || j >= height) continue;
          const r2 = (i - cx) ** 2 + (j - y) ** 2;
          light[j * width + i]! += (flux / 20 / (2 * Math.PI * sigma ** 2)) * Math.exp(-r2 / (2 * sigma ** 2));
        }
      }
    }
  }
  if (satellite) {
    for (let i = 0; i < width; i++) {
      const y = 60 + 0.6 * i;
      for (let j = Math.floor(y) - 6; j <= y + 6; j++) {
        if (j < height) light[j * width + i]! += 300 * Math.exp(-((j - y) ** 2) / (2 * sigma ** 2));
      }
    }
  }
  const pixels = Uint16Array.from(light, (electrons) => 1000 + random.poisson(electrons) + 4 * random.normal());
  const cards = [
    { keyword: 'IMAGETYP', value: 'Light Frame' },
    { keyword: 'DATE-OBS', value: '2026-03-01T22:15:00.000' },
    { keyword: 'EXPTIME', value: 60 },
  ];
  return Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards }]));
}

describe("a frame's record", () => {
  const root = temporaryRoot();
  after(() => rmSync(root, { recursive: true, force: true }));

  async function recordOf(name: string, what: Parameters<typeof frame>[0]): Promise<FrameSummary> {
    const path = join(root, `${name}.fits`);
    writeFileSync(path, frame(what));
    const args = ['reduce', path, '--out', root, '--json', '--threads', '1', '--gain', '1', '--read-noise', '4'];
    return JSON.parse((await run(process.execPath, [program, ...args], { maxBuffer: 1 << 24 })).stdout) as FrameSummary;
  }

  it('says nothing of trails where there are none', async () => {
    const { warnings } = await recordOf('round', { trailPx: 0, satellite: false });
    assert.doesNotMatch(warnings.join('\n'), /trail|drawn out/);
  });

  it('says that the stars are drawn out', async () => {
    const { warnings, nSources } = await recordOf('trailed', { trailPx: 9, satellite: false });
    assert.ok(nSources > 30, `${nSources} stars`);
    assert.match(warnings.join('\n'), /the stars are drawn out \([12]\.\d times as long as wide, .*guiding/);
  });

  it('says that a satellite crossed it', async () => {
    const { warnings, nSources } = await recordOf('satellite', { trailPx: 0, satellite: true });
    assert.ok(nSources > 30, `${nSources} stars`);
    assert.match(warnings.join('\n'), /1 trail\(s\) of satellites or aircraft cross the image: masked/);
  });
});
