import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { AgentProcess, siteOnDisk } from '../../support/agent-process.ts';
import { databaseOnDisk, temporaryFolder } from '../../support/parcels.ts';

/** Nobody listens there: each of these has a hub that is away. */
const away = 'http://127.0.0.1:9';
const withDevices = join(import.meta.dirname, '../../support/run-with-devices.ts');
const robotic = { instrument: 'drivers: [{ kind: simulator }]' };

/** Starts the program, which must end by itself with its reason on the last line. */
async function refused(agent: AgentProcess): Promise<{ code: number | null; reason: string }> {
  const { code, said } = await agent.startAndEnd();
  return { code, reason: said.trimEnd().split('\n').at(-1)! };
}

describe('a boot that cannot succeed ends with its reason', () => {
  it('when a watched folder lies inside dataDir', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', { frames: 'data/frames' });
    const { code, reason } = await refused(new AgentProcess(t, site.config));
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: The folder .*data\/frames of instrument main lies inside dataDir/);
  });

  it('when a token cannot be read', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    rmSync(join(site.folder, 'token'));
    const { code, reason } = await refused(new AgentProcess(t, site.config));
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: The token of destination "hub" cannot be read from/);
  });

  it('when the catalogue file is misspelt', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', { more: 'catalogue: { file: strs.csv }' });
    const { code, reason } = await refused(new AgentProcess(t, site.config));
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: The reference stars in .*strs\.csv \(catalogue\.file\) cannot be read/);
  });

  it('when the database was written by a newer version', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const database = databaseOnDisk(join(site.folder, 'data'));
    database.prepare("INSERT INTO migrations (name, applied_at_ms) VALUES ('29990101T0000-flying-cars', 0)").run();
    database.close();
    const { code, reason } = await refused(new AgentProcess(t, site.config));
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: The database .* was written by a newer version .*flying-cars/);
  });

  it('when another daemon has the data folder, until that one is killed', async (t) => {
    const site = siteOnDisk(t, away, 'a-token');
    const first = new AgentProcess(t, site.config);
    await first.start();
    const second = new AgentProcess(t, site.config);
    const { code, reason } = await refused(second);
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: Another bhtom-edge runs with .*data already/);
    await first.kill();
    await second.start();
    assert.equal(await second.stop(), 0);
  });

  it('when the drivers bring no camera', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', robotic);
    const { code, reason } = await refused(new AgentProcess(t, site.config, [withDevices, site.config, 'no-camera']));
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: The drivers of instrument "main" bring no camera/);
  });

  it('when the port of a hub is taken', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    t.after(() => holder.close());
    const { port } = holder.address() as { port: number };
    const { code, reason } = await refused(hubProcess(t, port));
    assert.equal(code, 3);
    assert.match(reason, /^bhtom-edge: The hub cannot listen at 127\.0\.0\.1:/);
  });

  it('when the configuration is wrong, with a code of its own', async (t) => {
    const site = siteOnDisk(t, away, 'a-token', { more: 'typo: 1' });
    const { code, said } = await new AgentProcess(t, site.config).startAndEnd();
    assert.equal(code, 2);
    assert.match(said, /typo: there is no such key/);
  });
});

describe('what is away at boot comes later and stops nothing', () => {
  for (const devices of ['silent', 'down']) {
    it(`a device server that is ${devices}, with a hub that is away`, async (t) => {
      const site = siteOnDisk(t, away, 'a-token', robotic);
      const agent = new AgentProcess(t, site.config, [withDevices, site.config, devices]);
      await agent.start();
      assert.equal(await agent.stop(), 0);
    });
  }
});

function hubProcess(t: TestContext, port: number): AgentProcess {
  const folder = temporaryFolder(t);
  const { config } = siteOnDisk(t, away, 'here a-token-of-many-letters');
  const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
  const options = ['--port', String(port), '--data', folder, '--token-file', join(config, '../token')];
  return new AgentProcess(t, config, [program, 'hub', ...options]);
}
