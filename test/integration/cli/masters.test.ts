import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';
import { FrameSource } from '../../support/calibration-frames.ts';
import { type Site, startSite, stopAndRemove, temporaryRoot, until } from '../../support/intake.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');

async function edge(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  try {
    return { ...(await run(process.execPath, [program, ...args], { maxBuffer: 1 << 24 })), code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { stdout, stderr, code };
  }
}

describe('the command line with calibration frames', () => {
  let site: Site;
  let config: string;
  let light: string;
  const named: Record<'bias' | 'dark' | 'flat', string[]> = { bias: [], dark: [], flat: [] };
  before(async () => {
    const root = temporaryRoot();
    const spec = { widthPx: 256, heightPx: 256, vignetting: 0.2, scaleArcsecPerPx: 2, gainEPerAdu: 2 };
    const source = new FrameSource(join(root, 'frames'), spec, Date.UTC(2026, 10, 22, 18));
    for (let k = 0; k < 5; k++) {
      named.bias.push(source.calibration({ kind: 'bias' }));
      named.flat.push(source.calibration({ kind: 'flat', exposureS: 5, electrons: 30_000 }));
      if (k < 3) named.dark.push(source.calibration({ kind: 'dark', exposureS: 60 }));
    }
    light = source.light(50, 3000);
    site = startSite({ root });
    await until(() => site.store.frames.counts().filed === 13);
    await site.stop();
    config = join(root, 'edge.yaml');
    writeFileSync(
      config,
      `site: { name: test, latitudeDeg: 50, longitudeDeg: 20 }
dataDir: data
instruments: [{ id: main, folders: [frames] }]
log: { level: error }
reduction: { threads: 1 }
`,
    );
  });
  after(() => stopAndRemove(site).catch(() => undefined));

  it('builds what has frames enough, and lists it with what still waits', async () => {
    const { stdout, stderr, code } = await edge('masters', 'build', '--config', config, '--json');
    assert.equal(code, 0, stderr);
    const { masters, waiting } = JSON.parse(stdout);
    assert.deepEqual(masters.map((one: { kind: string; state: string }) => `${one.kind} ${one.state}`).sort(), [
      'bias good',
      'flat good',
    ]);
    assert.deepEqual(
      waiting.map(({ kind, reason }: { kind: string; reason: string }) => [kind, reason]),
      [['dark', '3 of at least 5 frames']],
    );
    const list = await edge('masters', 'list', '--config', config);
    assert.match(list.stdout, /bias 2026-11-22T18:\d\d 0 s -10\.0 C .*of 5 frames, noise/);
    assert.match(list.stdout, /flat .* V .*gain (1\.9|2\.0)\d+ e-\/ADU/);
    assert.match(list.stdout, /dark .*3 frames, incomplete: 3 of at least 5 frames/);
  });

  it('explains what a frame gets, and why', async () => {
    const { stdout, stderr } = await edge('masters', 'explain', light, '--config', config);
    assert.match(stdout, /bias:\n.*\n\s+TAKEN/, stderr);
    assert.match(stdout, /dark:\n\s+there is no master of this kind/);
    assert.match(stdout, /flat:\n.*\n\s+TAKEN/);
    const { stdout: json } = await edge('masters', 'explain', light, '--config', config, '--json');
    const { chosen, warnings } = JSON.parse(json);
    assert.deepEqual(Object.keys(chosen), ['bias', 'flat']);
    assert.match(warnings.join(), /no dark frame/);
  });

  it('ends with 2 when it is not told what it needs', async () => {
    assert.equal((await edge('masters', 'list')).code, 2);
    assert.equal((await edge('masters', 'explain', light, '--config', config, '--instrument', 'other')).code, 2);
  });

  it('reduces with the frames that a person names', async () => {
    const out = join(site.root, 'out');
    const { stdout, stderr, code } = await edge(
      ...['reduce', light, '--out', out, '--json', '--threads', '1', '--gain', '2', '--read-noise', '6'],
      ...['--bias', ...named.bias, '--dark', ...named.dark, '--flat', ...named.flat],
    );
    assert.equal(code, 0, stderr);
    const { masters, warnings, nSources } = JSON.parse(stdout) as FrameSummary;
    assert.equal(masters.bias, null);
    assert.match(masters.dark ?? '', /^[0-9a-f]{32}$/);
    assert.match(masters.flat ?? '', /^[0-9a-f]{32}$/);
    assert.ok(nSources > 3);
    assert.doesNotMatch(warnings.join('\n'), /no bias|no flat|no dark/);
  });

  it('measures gain and read noise on the raw flats and biases that a person names, whatever is said', async () => {
    const out = join(site.root, 'measured');
    const { stdout, stderr, code } = await edge(
      ...['reduce', light, '--out', out, '--json', '--threads', '1', '--gain', '5'],
      ...['--bias', ...named.bias, '--flat', ...named.flat],
    );
    assert.equal(code, 0, stderr);
    const { gainEPerAdu, gainFrom, warnings } = JSON.parse(stdout) as FrameSummary;
    assert.equal(gainFrom, 'photon transfer');
    assert.ok(Math.abs(gainEPerAdu / 2 - 1) < 0.02, `gain ${gainEPerAdu}`);
    assert.match(warnings.join('\n'), /the configuration says a gain of 5 e-\/ADU: .* measured on flats and biases/);
  });
});
