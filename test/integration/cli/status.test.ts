import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Status } from '../../../agent/status/status.ts';
import { AgentProcess, eventually, type SiteOnDisk, siteOnDisk } from '../../support/agent-process.ts';
import { smallFrame } from '../../support/small-frame.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const withDevices = join(import.meta.dirname, '../../support/run-with-devices.ts');
/** How a light frame can end. */
const endOfLight = new Set(['frame-reduced', 'frame-rejected', 'frame-failed']);
const away = 'http://127.0.0.1:9';

/** What `bhtom-edge status` prints; rejects when it fails. */
async function said({ config }: SiteOnDisk, ...options: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [program, 'status', '--config', config, ...options])).stdout;
}

async function statusOf(site: SiteOnDisk): Promise<Status> {
  return JSON.parse(await said(site, '--json')) as Status;
}

describe('bhtom-edge status', () => {
  it('says plainly that no daemon runs and none has run', async (t) => {
    const text = await said(siteOnDisk(t, away, 'a-token'));
    assert.match(text, /^No daemon runs with .*data\.$/m);
    assert.match(text, /There is no database .*agent has not run/);
  });

  it('shows it again and again with --watch, until it is told to stop', { timeout: 30_000 }, async (t) => {
    const { config } = siteOnDisk(t, away, 'a-token');
    const child = spawn(process.execPath, [program, 'status', '--config', config, '--watch', '--json']);
    t.after(() => child.kill('SIGKILL'));
    const times: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      times.push((JSON.parse(line) as Status).atMs);
      if (times.length === 2) child.kill('SIGINT');
    }
    assert.ok(times[1]! > times[0]!);
    assert.equal(child.exitCode ?? (await once(child, 'exit'))[0], 0);
  });

  it('tells what only the running daemon knows, and what the database tells when it has ended', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', { instrument: 'drivers: [{ kind: simulator }]' });
    const agent = new AgentProcess(t, site.config, [withDevices, site.config, 'down']);
    await agent.start();
    const { running, stored } = await eventually('the link to be known as away', async () => {
      const status = await statusOf(site);
      return status.running?.destinations[0]?.link?.reason.includes('ECONNREFUSED') ? status : undefined;
    });
    assert.deepEqual(running!.destinations[0]!.delivery, { state: 'delivering', reason: '', inFlight: 0 });
    assert.deepEqual(running!.telescopes, [{ instrument: 'main', safety: null }]);
    const telescope = running!.parts.find(({ name }) => name === 'telescope main')!;
    assert.equal(telescope.state, 'away');
    assert.match(telescope.reason, /The device server refuses/);
    assert.deepEqual(stored!.frames, {});
    const words = await said(site);
    assert.match(words, /^the daemon runs: version /m);
    assert.match(words, /^telescope main: away for .*The device server refuses the connection\.$/m);

    assert.equal(await agent.stop(), 0);
    const after = await statusOf(site);
    assert.equal(after.running, null);
    assert.match(after.notRunning!, /^No daemon runs with /);
    assert.deepEqual(after.stored!.frames, {});
  });

  it('tells what happened to each frame, in order', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', { minFreeMb: 0 });
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    const path = join(site.frames, 'light.fits');
    writeFileSync(path, smallFrame({ seed: 1 }));
    const status = await eventually('the end of the frame', async () => {
      const now = await statusOf(site);
      return now.running?.happenings.some(({ kind }) => endOfLight.has(kind)) ? now : undefined;
    });
    const ofFrame = status.running!.happenings.filter(({ path: of }) => of === path).map(({ kind }) => kind);
    assert.deepEqual(ofFrame.slice(0, 3), ['frame-seen', 'frame-settled', 'frame-identified']);
    assert.deepEqual([ofFrame.length, endOfLight.has(ofFrame[3]!)], [4, true], ofFrame.join());
    const states = { 'frame-reduced': 'reduced', 'frame-rejected': 'rejected', 'frame-failed': 'failed' };
    assert.deepEqual(status.stored!.frames, { [states[ofFrame[3] as keyof typeof states]]: 1 });
  });

  it('says that none runs when the daemon was killed, and the next one can be asked again', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    await agent.kill();
    assert.match((await statusOf(site)).notRunning!, /^No daemon runs with /);
    await agent.start();
    assert.equal((await statusOf(site)).notRunning, null);
  });

  it('is for the own user alone, and no client that says much or nothing disturbs it', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    const address = join(site.folder, 'data', 'agent.sock');
    assert.equal(statSync(address).mode & 0o777, 0o600);
    const silentClient = connect(address).pause();
    const loudClient = connect(address);
    loudClient.on('error', () => undefined).write(Buffer.alloc(1 << 20));
    assert.equal((await statusOf(site)).notRunning, null);
    assert.equal(await agent.stop(), 0);
    silentClient.destroy();
    loudClient.destroy();
  });

  it('tells of a damaged database in plain words, and of the alarm once the daemon has set it aside', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const agent = new AgentProcess(t, site.config);
    await agent.start();
    await agent.stop();
    writeFileSync(join(site.folder, 'data', 'agent.sqlite'), 'no database any more'.repeat(1000));
    assert.match(await said(site), /^The database in .*data cannot be used: it is damaged\./m);
    await agent.start();
    const words = await said(site);
    assert.match(words, /^ALARM NEEDS_OPERATOR store since .*: The database was damaged, set aside/m);
  });
});
