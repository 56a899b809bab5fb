import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, parseConfig } from '../../../config/load.ts';

const good = `
site: { name: hill, latitudeDeg: 50.1, longitudeDeg: 19.9 }
instruments:
  - folders: [frames]
destinations:
  - { id: centre, kind: hub, url: "http://127.0.0.1:1", tokenEnv: HILL_TOKEN }
`;

function faultsOf(text: string): string[] {
  try {
    parseConfig(text, 'test.yaml', '/base');
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return [...error.faults];
  }
  assert.fail('the configuration was accepted');
}

describe('the configuration', () => {
  it('fills in defaults and makes paths absolute', () => {
    const config = parseConfig(good, 'test.yaml', '/base');
    assert.equal(config.dataDir, '/base/bhtom-edge-data');
    assert.deepEqual(config.instruments[0]!.folders, ['/base/frames']);
    assert.equal(config.instruments[0]!.id, 'main');
    assert.equal(config.reduction.thresholdSigma, 4.5);
  });

  it('lists every fault at once, with key, value and what is allowed', () => {
    const faults = faultsOf(`
site: { name: hill, latitudeDeg: 95, longitudeDeg: 19.9, colour: red }
instruments:
  - folders: []
reduction: { threads: many }
`);
    assert.equal(faults.length, 4, faults.join('\n'));
    assert.match(faults.join('\n'), /site\.latitudeDeg: found 95; .*90/);
    assert.match(faults.join('\n'), /site\.colour: there is no such key/);
    assert.match(faults.join('\n'), /instruments\[0\]\.folders: found \[\]/);
    assert.match(faults.join('\n'), /reduction\.threads: found "many"/);
  });

  it('says which key is missing', () => {
    assert.match(faultsOf('instruments: [{folders: [a]}]').join('\n'), /site: must be given/);
  });

  it('tells a fault of YAML as one', () => {
    assert.match(faultsOf('site: {name: [').join('\n'), /not valid YAML/);
  });

  it('refuses two instruments of one name and a token written in twice', () => {
    const text = good
      .replace('  - folders: [frames]', '  - folders: [a]\n  - folders: [b]')
      .replace('tokenEnv: HILL_TOKEN', 'tokenEnv: HILL_TOKEN, tokenFile: t');
    const faults = faultsOf(text).join('\n');
    assert.match(faults, /exactly one of tokenFile and tokenEnv/);
  });
});
