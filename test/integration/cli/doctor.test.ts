import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Finding } from '../../../agent/doctor/finding.ts';
import type { CardToWrite } from '../../../pipeline/fits/write-card.ts';
import { siteOnDisk } from '../../support/agent-process.ts';
import { freePort } from '../../support/free-port.ts';
import { hubFor, tokenOf } from '../../support/hub.ts';
import { smallFrame } from '../../support/small-frame.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');

interface Told {
  readonly status: number;
  readonly stdout: string;
  readonly findings: readonly Finding[];
}

/** Runs the doctor without blocking the servers of the test; asks no time server unless told to. */
async function doctor(config: string, ...words: string[]): Promise<Told> {
  const arguments_ = [program, 'doctor', '--config', config, '--no-ntp', ...words];
  const { status, stdout } = await new Promise<{ status: number; stdout: string }>((resolve) => {
    execFile(process.execPath, arguments_, { timeout: 60_000 }, (error, out) =>
      resolve({ status: error ? Number(error.code) : 0, stdout: out }),
    );
  });
  return { status, stdout, findings: words.includes('--json') ? JSON.parse(stdout).findings : [] };
}

const about = ({ findings }: Told, area: string) => findings.filter((finding) => finding.area === area);

/** A frame by its cards, written so many seconds ago. */
function frame(folder: string, name: string, agoS: number, cards: CardToWrite[] = []): void {
  const path = join(folder, name);
  writeFileSync(path, smallFrame({ seed: agoS, cards }));
  const writtenS = Date.now() / 1000 - agoS;
  utimesSync(path, writtenS, writtenS);
}

const west: CardToWrite[] = [
  { keyword: 'SITELAT', value: 50 },
  { keyword: 'SITELONG', value: -20 },
  { keyword: 'RA', value: 31.04 },
  { keyword: 'DEC', value: 46.69 },
];

function stars(folder: string, count: number): void {
  const rows = Array.from({ length: count }, (_, i) => `${31 + i / 1000},${46.6 + i / 100},${10 + i / 10}`);
  writeFileSync(join(folder, 'stars.csv'), `ra,dec,mag\n${rows.join('\n')}\n`);
}

describe('bhtom-edge doctor', () => {
  it('finds nothing wrong with a site that is in order, tells what the newest five files are taken for, and ends with 0', async (t: TestContext) => {
    const hub = await hubFor(t);
    const site = siteOnDisk(t, hub.url, tokenOf.here, { more: 'catalogue: { file: stars.csv }' });
    stars(site.folder, 12);
    for (let i = 0; i < 7; i++)
      frame(
        site.frames,
        `light-${i}.fits`,
        100 + i,
        west.map((card) => (card.keyword === 'SITELONG' ? { ...card, value: 20 } : card)),
      );
    const told = await doctor(site.config, '--json');
    assert.deepEqual(
      told.findings.filter(({ state }) => state === 'wrong'),
      [],
    );
    assert.equal(told.status, 0);
    assert.deepEqual(
      about(told, 'frame').map(({ subject }) => subject.split('/').at(-1)),
      [0, 1, 2, 3, 4].map((i) => `light-${i}.fits`),
    );
    assert.match(
      about(told, 'frame')[0]!.words,
      /^light, of HAT-P-32, in V, 60 s, 48 x 40, mid-exposure 2026-03-01T22:15:30 UTC \(\w+\), camera Test Camera, at RA 31\.040 Dec 46\.690/,
    );
    assert.match(about(told, 'folder')[0]!.words, /holds 7 frames/);
    assert.deepEqual(
      about(told, 'destination').map(({ state, words }) => [state, words]),
      [['well', 'it takes the token and tells 0 targets']],
    );
    assert.equal(about(told, 'clock')[0]!.state, 'well');
    assert.equal(about(told, 'site')[0]!.state, 'well');
    assert.match(about(told, 'catalogue')[0]!.words, /^12 reference stars within 0\.5 deg of the newest light frame/);
    for (const { state, remedy } of told.findings) assert.equal(remedy === null, state === 'well');
  });

  it('says what to do about each thing that is wrong, and ends with 3', async (t) => {
    const hub = await hubFor(t);
    const port = await freePort();
    const more = `devices: [{ kind: indi, host: 127.0.0.1, port: ${port}, devices: { weather: Weather } }]`;
    const site = siteOnDisk(t, hub.url, 'a-wrong-token', { frames: 'data/frames', minFreeMb: 1e12, more });
    const told = await doctor(site.config, '--json');
    assert.equal(told.status, 3);
    const wrong = (area: string, words: RegExp) => {
      const finding = about(told, area).find(({ state }) => state === 'wrong');
      assert.match(finding?.words ?? `nothing wrong with ${area}`, words);
      assert.ok(finding!.remedy!.length > 10);
    };
    wrong('folder', /lies inside dataDir/);
    wrong('dataDir', /intake\.minFreeMb asks for 1000000000000 MB: the intake pauses/);
    wrong('destination', /refuses this site \(HTTP 401\): check its token/);
    wrong('driver', /127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
    assert.equal(about(told, 'daemon')[0]!.state, 'doubtful');
  });

  it('tells a longitude of the wrong sign, files that are no frames, and a field without stars', async (t) => {
    const site = siteOnDisk(t, 'http://127.0.0.1:9', 'a-token', { more: 'catalogue: { file: stars.csv }' });
    stars(site.folder, 3);
    frame(site.frames, 'west.fits', 10, west);
    frame(site.frames, 'cut.fits', 20);
    writeFileSync(join(site.frames, 'cut.fits'), smallFrame({ seed: 1 }).subarray(0, 4000));
    const told = await doctor(site.config, '--json');
    assert.match(
      about(told, 'site')[0]!.words,
      /the longitude has the opposite sign: the newest light frame names 50\.000, -20\.000 \(SITELONG\), the configuration 50, 20/,
    );
    assert.ok(about(told, 'frame').some(({ subject, state }) => subject.endsWith('cut.fits') && state === 'doubtful'));
    assert.match(about(told, 'catalogue')[0]!.words, /only 3 reference stars/);
    assert.equal(about(told, 'destination')[0]!.state, 'doubtful');
    const { stdout } = await doctor(site.config);
    assert.match(
      stdout,
      /^WRONG site here: the longitude has the opposite sign.*\n {6}-> Longitudes count EAST as positive/m,
    );
    assert.match(stdout, /\d+ things looked at: 1 wrong, \d+ doubtful\n$/);
  });

  it('tells a folder that is not there, one that may not be read, and a configuration that is none', async (t) => {
    const site = siteOnDisk(t, 'http://127.0.0.1:9', 'a-token');
    const locked = join(site.frames, 'locked');
    mkdirSync(locked);
    writeFileSync(
      site.config,
      `site: { name: here, latitudeDeg: 50, longitudeDeg: 20 }\ndataDir: data\ninstruments: [{ folders: [gone, frames/locked] }]\n`,
    );
    chmodSync(locked, 0);
    const told = await doctor(site.config, '--json').finally(() => chmodSync(locked, 0o700));
    const words = about(told, 'folder').map((finding) => finding.words);
    assert.equal(words[0], 'it is not there');
    // Whoever runs as root may read everything.
    if (process.getuid?.() !== 0) assert.equal(words[1], 'permission denied');
    assert.match(about(told, 'destination')[0]!.words, /nothing that is measured is sent anywhere/);
    writeFileSync(site.config, 'site: { nme: here }\n');
    assert.equal((await doctor(site.config)).status, 2);
  });
});
