import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { AgentProcess, siteOnDisk } from '../../support/agent-process.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const away = 'http://127.0.0.1:9';

/** A site whose dataDir is a small disk of its own; undefined where this account may not make one. */
function siteOnSmallDisk(t: TestContext) {
  const site = siteOnDisk(t, away, 'a-token', { minFreeMb: 0 });
  const data = join(site.folder, 'data');
  mkdirSync(data);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', data]).status !== 0) return undefined;
  const unmount = () => void spawnSync('umount', ['-l', data]);
  return { ...site, data, ballast: join(data, 'ballast'), unmount };
}

/** Writes until not a byte is free. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  for (let size = 1 << 20; size >= 1; ) {
    try {
      if (writeSync(file, Buffer.alloc(size, 1)) < size) size >>= 1;
    } catch {
      size >>= 1;
    }
  }
  closeSync(file);
}

async function status(config: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [program, 'status', '--config', config])).stdout;
}

describe('a full disk', () => {
  it('leaves the daemon alive, the status plain, and lets it start again', async (t) => {
    const site = siteOnSmallDisk(t);
    if (!site) return t.skip('this account may not mount a small disk');
    const agent = new AgentProcess(t, site.config);
    try {
      await agent.start();
      fill(site.ballast);
      assert.match(await status(site.config), /^the daemon runs: /m);
      assert.equal(await agent.stop(), 0);
      fill(site.ballast); // the stop has given some room back
      const words = await status(site.config);
      assert.match(words, /^No daemon runs with /m);
      assert.match(words, /^(frames: none yet|The database in .* cannot be used)/m);
      await agent.start();
      assert.equal(await agent.stop(), 0);
    } finally {
      await agent.kill();
      site.unmount();
    }
  });

  it('on which nothing was ever begun ends the first start with plain words', async (t) => {
    const site = siteOnSmallDisk(t);
    if (!site) return t.skip('this account may not mount a small disk');
    const agent = new AgentProcess(t, site.config);
    try {
      fill(site.ballast);
      const { code, said } = await agent.startAndEnd();
      assert.equal(code, 1);
      assert.match(said, /^bhtom-edge: The database in .*data cannot be used: the disk is full/m);
      assert.doesNotMatch(said, /\n\s+at /, 'no stack');
      rmSync(site.ballast);
      await agent.start();
      assert.equal(await agent.stop(), 0);
    } finally {
      await agent.kill();
      site.unmount();
    }
  });
});
