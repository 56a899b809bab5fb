import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { configJsonSchema, configReference } from '../../../config/reference.ts';
import { recordPage } from '../../../scripts/record-page.ts';

const root = resolve(import.meta.dirname, '../../..');
const text = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

describe('the documents', () => {
  it('show the configuration as the schema has it (npm run docs)', () => {
    assert.equal(text('docs', 'configuration.md'), configReference());
    assert.deepEqual(JSON.parse(text('docs', 'config.schema.json')), JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('show the record of a frame as the schema has it, every key with its meaning (npm run docs)', () => {
    assert.equal(text('docs', 'record.md'), recordPage());
    assert.doesNotMatch(recordPage(), /\| {2}\|$/m);
  });

  it('link only to files that exist', () => {
    const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
      .concat(
        readdirSync(join(root, 'docs'))
          .filter((name) => name.endsWith('.md'))
          .map((name) => `docs/${name}`),
      )
      .concat(readdirSync(join(root, 'docs', 'decisions')).map((name) => `docs/decisions/${name}`));
    const broken = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .filter((match) => !existsSync(join(root, dirname(page), match[1]!)))
        .map((match) => `${page}: ${match[1]}`),
    );
    assert.deepEqual(broken, []);
  });

  it('stand in every top-level folder of the house', () => {
    const rooms = [
      'agent',
      'base',
      'bench',
      'cli',
      'config',
      'drivers',
      'hub',
      'pipeline',
      'protocol',
      'sky',
      'systemd',
      'test',
    ];
    assert.deepEqual(
      rooms.filter((name) => !existsSync(join(root, name, 'README.md'))),
      [],
    );
  });

  it('names no download host in the lockfile', () => {
    assert.doesNotMatch(text('package-lock.json'), /"resolved":\s*"http/);
  });
});
