import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Status } from '../../../agent/status/status.ts';
import { AgentProcess, eventually, type SiteOnDisk, siteOnDisk } from '../../support/agent-process.ts';
import { smallFrame } from '../../support/small-frame.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const away = 'http://127.0.0.1:9';

async function said({ config }: SiteOnDisk, ...words: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [program, ...words, '--config', config])).stdout;
}

interface Shown {
  readonly state: string;
  readonly reasonCode: string | null;
  readonly attempts: number;
}

async function shown(site: SiteOnDisk, path: string): Promise<Shown | undefined> {
  const { frames } = JSON.parse(await said(site, 'frames', 'list', '--json')) as {
    frames: (Shown & { path: string })[];
  };
  return frames.find((one) => one.path === path);
}

const inState = (site: SiteOnDisk, path: string, state: string) =>
  eventually(`${path} to be ${state}`, async () => {
    const frame = await shown(site, path);
    return frame?.state === state ? frame : undefined;
  });

describe('no dead end', () => {
  it('a file over intake.maxFileMb is told with the key to raise, and taken once it is raised', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const text = readFileSync(site.config, 'utf8');
    writeFileSync(site.config, text.replace('intake: {', 'intake: { maxFileMb: 0.003,'));
    const path = join(site.frames, 'a.fits');
    writeFileSync(path, smallFrame({ seed: 1 }));
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    assert.equal((await inState(site, path, 'rejected')).reasonCode, 'too-large');
    assert.match(await said(site, 'frames', 'show', path), /^what to do: Raise intake\.maxFileMb/m);
    await agent.stop();
    writeFileSync(site.config, text);
    await agent.start();
    await inState(site, path, 'reduced');
    await agent.stop();
  });

  it('a catalogue that vanishes pauses the reduction, costs no attempt, and is gone on with when it is back', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', { more: 'catalogue: { file: stars.csv }' });
    const [stars, aside] = ['stars.csv', 'aside.csv'].map((name) => join(site.folder, name));
    writeFileSync(stars!, 'ra,dec,mag\n31.0,46.7,11.2\n31.1,46.8,12.2\n');
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    renameSync(stars!, aside!);
    const path = join(site.frames, 'a.fits');
    writeFileSync(path, smallFrame({ seed: 2 }));
    await agent.says('Nothing is reduced, because of this computer');
    const { state, attempts } = (await shown(site, path))!;
    assert.deepEqual({ state, attempts }, { state: 'identified', attempts: 0 });
    const { running } = JSON.parse(await said(site, 'status', '--json')) as Status;
    assert.ok(running, 'the daemon lives');
    await agent.stop();
    renameSync(aside!, stars!);
    await agent.start();
    await inState(site, path, 'reduced');
    await agent.stop();
  });

  it('what was rejected is looked at again on command while the daemon runs', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const path = join(site.frames, 'a.fits');
    writeFileSync(path, 'SIMPLE is what it is not, whatever is written after it '.repeat(100));
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    await inState(site, path, 'rejected');
    const retried = await said(site, 'retry', path);
    assert.match(retried, /^looked at again: .*a\.fits$/m);
    const again = await eventually('the second look', async () => {
      const { running } = JSON.parse(await said(site, 'status', '--json')) as Status;
      const looks = running!.happenings.filter(({ kind }) => kind === 'frame-rejected');
      return looks.length === 2 ? looks : undefined;
    });
    assert.equal(again.length, 2);
    assert.match(await said(site, 'retry', '--failed'), /^no frame of this kind/m);
    await agent.stop();
  });
});
