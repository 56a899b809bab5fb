import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../../config/load.ts';
import { hubFor, tokenOf } from '../../support/hub.ts';
import { temporaryFolder } from '../../support/parcels.ts';
import { writeSiteFrames } from '../../support/site-frames.ts';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');

/** Runs `init` in a folder of its own, with what a person types; killed when it does not end. */
function site(t: TestContext) {
  const folder = temporaryFolder(t);
  const frames = join(folder, 'camera');
  const config = join(folder, 'config.yaml');
  const init = (words: readonly string[], typed: readonly string[] = []) =>
    new Promise<{ status: number | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, [program, 'init', ...words], {
        cwd: folder,
        timeout: 60_000,
        env: { ...process.env, HOME: folder },
      });
      let said = '';
      child.stdout.on('data', (piece) => (said += piece));
      child.stderr.on('data', (piece) => (said += piece));
      child.stdin.on('error', () => undefined); // it may end before it has read all
      child.stdin.end(typed.map((line) => `${line}\n`).join(''));
      child.on('close', (status) => resolve({ status, said }));
    });
  return { folder, frames, config, init };
}

describe('bhtom-edge init', () => {
  it('writes a configuration from what the frames tell, without a question', async (t) => {
    const { frames, config, init } = site(t);
    writeSiteFrames(frames, { filters: ['B', 'V', 'V', 'Mystery'] });
    const { status, said } = await init([frames, '--yes', '--name', 'hill', '--height', '314']);
    assert.equal(status, 0, said);
    assert.match(
      said,
      /ZWO ASI1600MM, 48 x 40, by 4 frames.*\n {2}filters: B, Mystery, V; scale: 0\.98 arcsec a pixel/,
    );
    assert.match(said, /latitude 50\.0000, longitude 20\.0000 \(east positive\); look whether the sign is right/);
    const written = await loadConfig(config);
    assert.deepEqual(written.site, { name: 'hill', latitudeDeg: 50, longitudeDeg: 20, heightM: 314 });
    assert.deepEqual(
      written.instruments.map(({ id, folders, filters }) => ({ id, folders, filters })),
      [{ id: 'main', folders: [frames], filters: ['B', 'Mystery', 'V'] }],
    );
    assert.match(readFileSync(config, 'utf8'), /# the filter name "Mystery" stands for no known band/);
    assert.ok(!existsSync(`${config}.init`));
  });

  it('changes the sign of a longitude at which it would have been day', async (t) => {
    const { frames, config, init } = site(t);
    // At 110 W 21:30 UTC is the early afternoon; at 110 E it is before dawn.
    writeSiteFrames(frames, { longitudeDeg: -110 });
    const { status, said } = await init([frames, '--yes']);
    assert.equal(status, 0, said);
    assert.match(said, /longitude 110\.0000 \(east positive\), its sign changed/);
    assert.equal((await loadConfig(config)).site.longitudeDeg, 110);
  });

  it('asks what nothing tells, tests each answer, and goes on where it was left', async (t) => {
    const { folder, frames, config, init } = site(t);
    const hub = await hubFor(t);
    writeFileSync(join(folder, 'bad-token'), 'nobody\n');
    writeFileSync(join(folder, 'hub-token'), `${tokenOf.here}\n`);
    writeSiteFrames(frames, {
      cards: [
        { keyword: 'SITELAT', value: '' },
        { keyword: 'SITELONG', value: '' },
      ],
    });
    const first = await init([], ['nowhere', frames, 'My Hill', 'hill', '91', '50.5']);
    assert.equal(first.status, 3);
    assert.match(first.said, /The folder .*nowhere holds no frame that can be read/);
    assert.match(first.said, /lower-case letters, digits and hyphens/);
    assert.match(first.said, /a number from -90 to 90 is needed/);
    assert.match(first.said, /Left\. What was answered is kept/);
    assert.ok(!existsSync(config));
    // Longitude, height, folder, hub, its token (wrong, then as usual), BHTOM.
    const second = await init([], ['19.5', '', '', hub.url, 'bad-token', '', '']);
    assert.equal(second.status, 0, second.said);
    assert.match(second.said, /Going on where it was left/);
    assert.doesNotMatch(second.said, /Latitude/);
    assert.match(second.said, /refuses this site \(HTTP 401\)/);
    const written = await loadConfig(config);
    assert.deepEqual(written.site, { name: 'hill', latitudeDeg: 50.5, longitudeDeg: 19.5, heightM: 0 });
    assert.deepEqual(
      written.destinations.map((one) => one.kind === 'hub' && [one.url, one.tokenFile]),
      [[hub.url, join(folder, 'hub-token')]],
    );
  });

  it('makes an instrument of each camera, and mixes no two of one folder', async (t) => {
    const { folder, frames, config, init } = site(t);
    const [wide, long, more] = ['wide', 'long', 'more'].map((name) => join(folder, name)) as [string, string, string];
    writeSiteFrames(wide, { camera: 'QHY 600' });
    writeSiteFrames(long, { camera: 'Atik 460' });
    writeSiteFrames(more, { camera: 'Atik 460', filters: ['R'] });
    assert.equal((await init([wide, long, more, '--yes'])).status, 0);
    assert.deepEqual(
      (await loadConfig(config)).instruments.map(({ id, folders, filters }) => [id, folders, filters]),
      [
        ['qhy-600', [wide], ['B', 'V']],
        ['atik-460', [long, more], ['B', 'R', 'V']],
      ],
    );
    writeSiteFrames(frames, { camera: 'QHY 600' });
    writeSiteFrames(frames, { camera: 'Atik 460' });
    const { status, said } = await init([frames, '--yes', '--config', 'second.yaml']);
    assert.equal(status, 3);
    assert.match(said, /are of several cameras \((QHY 600, Atik 460|Atik 460, QHY 600)\), which must not be mixed/);
  });

  it('never writes over a configuration, and says what is missing where nobody can be asked', async (t) => {
    const { folder, frames, config, init } = site(t);
    writeSiteFrames(frames, {
      cards: [
        { keyword: 'SITELAT', value: '' },
        { keyword: 'SITELONG', value: '' },
      ],
    });
    const unknown = await init([frames, '--yes']);
    assert.equal(unknown.status, 3);
    assert.match(unknown.said, /Latitude, degrees, north positive: neither the frames nor the command line tell it/);
    const wrong = await init([frames, '--yes', '--latitude', 'north']);
    assert.match(wrong.said, /"north" cannot be taken: a number from -90 to 90 is needed/);
    for (const usual of ['frames', 'Pictures']) writeSiteFrames(join(folder, usual));
    const nameless = await init(['--yes', '--config', join(folder, 'other.yaml')]);
    assert.match(
      nameless.said,
      /Name the folder that the camera program saves to.* There are frames in .*Pictures, .*frames/,
    );
    writeFileSync(config, 'mine\n');
    const taken = await init([frames, '--yes']);
    assert.equal(taken.status, 3);
    assert.match(taken.said, /config\.yaml is there already and is left as it is/);
    assert.equal(readFileSync(config, 'utf8'), 'mine\n');
  });
});
