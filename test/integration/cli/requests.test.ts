import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { openStore } from '../../../agent/store/open.ts';
import { systemClock } from '../../../base/clock.ts';
import { temporaryFolder } from '../../support/parcels.ts';

const run = promisify(execFile);

function siteFor(t: TestContext) {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'camera'));
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    'site: { name: hill, latitudeDeg: 50, longitudeDeg: 20, heightM: 300 }\ndataDir: data\ninstruments: [{ folders: [camera] }]\n',
  );
  const command = async (...words: string[]) => {
    const [name, ...rest] = words;
    const answer = await run(process.execPath, ['bin/bhtom-edge.mjs', name!, ...rest, '--config', config]).catch(
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    return { code: 'code' in answer ? answer.code : 0, out: answer.stdout, err: answer.stderr };
  };
  const withStore = () => openStore(join(folder, 'data'), systemClock, 'test');
  return { folder, command, withStore };
}

describe('bhtom-edge requests', () => {
  it('adds what stands in a file once, lists it and gives it up', async (t) => {
    const { folder, command, withStore } = siteFor(t);
    const file = join(folder, 'list.csv');
    writeFileSync(file, 'name,ra,dec,filter,exposure\nGaia20fnr,05:34:31.9,-22:00:52,V,60\n');
    assert.match((await command('requests', 'add', file)).err, /has not run with this dataDir yet/);
    withStore().close();
    const added = await command('requests', 'add', file);
    assert.match(added.out, /^local-[0-9a-f]{16} Gaia20fnr: added\n$/);
    assert.match((await command('requests', 'add', file)).out, /was added before: PENDING, not answered yet/);
    const id = added.out.split(' ')[0]!;
    assert.match(
      (await command('requests', 'list')).out,
      new RegExp(`^local ${id} Gaia20fnr \\(1 x 60 s V; .*PENDING`),
    );
    assert.match((await command('requests', 'cancel', id)).out, /: given up/);
    assert.match((await command('requests', 'list')).out, /CANCELED \(given up at the site\)/);
    assert.equal((await command('requests', 'cancel', 'nobody')).code, 2);
  });

  it('says what is wrong with a file, and adds nothing of it', async (t) => {
    const { folder, command, withStore } = siteFor(t);
    withStore().close();
    const file = join(folder, 'list.yaml');
    writeFileSync(
      file,
      '- { name: a, ra: 1, dec: 2, filter: V, exposure: 60 }\n- { name: b, ra: 1, dec: 2, filter: V }\n',
    );
    const { code, err } = await command('requests', 'add', file);
    assert.equal(code, 3);
    assert.match(err, /request 2 \(b\): exposure: .*--exposure/);
    assert.match((await command('requests', 'list')).out, /no requests yet/);
    assert.match((await command('requests', 'add', file, '--exposure', '30')).out, / a: added\n.* b: added\n/);
  });
});

describe('bhtom-edge attend', () => {
  it('makes, shows and takes back the lock of the site', async (t) => {
    const { folder, command, withStore } = siteFor(t);
    assert.equal((await command('attend', 'on')).code, 3, 'no agent looks at it');
    withStore().close();
    assert.match((await command('attend')).out, /^not attended/);
    assert.match((await command('attend', 'on')).out, /^attended/);
    assert.ok(existsSync(join(folder, 'data', 'attended')));
    assert.match((await command('attend')).out, /^attended/);
    assert.match((await command('attend', 'off')).out, /^not attended/);
    assert.equal((await command('attend', 'perhaps')).code, 2);
  });
});
