import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const program = join(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const run = (...words: string[]) => spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });

describe('a word that is misspelt on the command line', () => {
  for (const [words, meant] of [
    [['stauts'], /unknown command 'stauts'\n\(Did you mean status\?\)/],
    [['queue', 'lst', '--config', 'x'], /unknown command 'lst'\n\(Did you mean list\?\)/],
    [['status', '--confg', 'x'], /unknown option '--confg'\n\(Did you mean --config\?\)/],
    [['queue', 'list', '--conifg=x'], /unknown option '--conifg'\n\(Did you mean --config/],
  ] as const)
    it(`is told with what may have been meant: ${words.join(' ')}`, () => {
      const { status, stderr } = run(...words);
      assert.equal(status, 2);
      assert.match(stderr, meant);
    });

  it('may be the value of an option', () => {
    assert.match(run('status', '--config', '--confg').stderr, /--confg/);
    assert.doesNotMatch(run('status', '--config', '--confg').stderr, /unknown option/);
  });
});

describe('completion for bash', () => {
  const script = run('completion').stdout;
  const complete = (...words: string[]) => {
    const ask = `${script}
      COMP_WORDS=(bhtom-edge "$@"); COMP_CWORD=$#; _bhtom_edge; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', ask, 'bash', ...words], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
  };

  it('knows commands, their commands, their options and the words these take', () => {
    assert.deepEqual(complete('light'), ['lightcurve']);
    assert.deepEqual(complete('queue', 're'), ['retry']);
    assert.deepEqual(complete('queue', 'retry', '--re'), ['--rejected']);
    assert.deepEqual(complete('export', '--config', 'x.yaml', '--format', 's'), ['skyportal']);
  });

  it('leaves file names to the shell', () => {
    assert.deepEqual(complete('reduce', 'night/fr'), ['']);
  });
});
