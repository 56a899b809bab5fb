import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { EdgeError } from '../../../base/errors.ts';
import { command } from '../../../cli/catalogue.ts';
import { gaiaRows, gaiaService } from '../../support/gaia-service.ts';
import { serverFor } from '../../support/http.ts';

const folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-catalogue-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command in this process and gives what it printed on stdout. */
async function output(...words: string[]): Promise<string> {
  const printed: string[] = [];
  const [log, error] = [console.log, console.error];
  console.log = (text: string) => printed.push(text);
  console.error = () => undefined;
  try {
    await command().exitOverride().parseAsync(words, { from: 'user' });
  } finally {
    console.log = log;
    console.error = error;
  }
  return printed.join('\n');
}

const isEdgeError = (code: string) => (error: unknown) => error instanceof EdgeError && error.code === code;

it('imports, fetches and lists stars with their terms', async (t) => {
  writeFileSync(join(folder, 'mine.csv'), 'ra,dec,V\n120.1,33.2,11\n120.2,33.3,12\n');
  const own = ['--data', join(folder, 'data'), '--json'];
  await assert.rejects(output('list', ...own), isEdgeError('NO_CATALOGUE'));
  const words = ['--licence', 'CC0', '--credit', 'me', '--complete-within', '120.15,33.25,3', '--complete-to', '12.5'];
  const imported = JSON.parse(await output('import', join(folder, 'mine.csv'), ...words, ...own));
  assert.deepEqual([imported.id, imported.nStars, imported.kinds], ['file-mine', 2, ['csv']]);
  assert.ok(imported.nComplete > 5 && imported.nTiles === imported.nComplete);

  const url = `${await serverFor(t, gaiaService(gaiaRows(300.5, 0.5, 2.5, 200)))}/tap`;
  const config = join(folder, 'site.yaml');
  writeFileSync(
    config,
    `site: { name: test, latitudeDeg: 50, longitudeDeg: 20 }
dataDir: data
instruments: [{ folders: [frames] }]
catalogue: { depthMag: 16.5, services: [{ id: local, kind: tap, url: "${url}", format: votable, tables: archive }] }
`,
  );
  const fetched = JSON.parse(await output('prefetch', '300.5,0.5,0.1', '--config', config, '--json'));
  assert.deepEqual(fetched, { nTiles: 1, nFetched: 1, depthMag: 16.5 });
  const again = JSON.parse(await output('prefetch', '300.5,0.5,0.1', '--config', config, '--json'));
  assert.equal(again.nFetched, 0);

  const { sources } = JSON.parse(await output('list', ...own));
  assert.deepEqual(
    sources.map(({ id, licence, nTiles }: Record<string, unknown>) => [id, licence, nTiles === 1]),
    [
      ['file-mine', 'CC0', false],
      ['gaia-dr3', 'CC BY-SA 3.0 IGO', true],
    ],
  );
});

it('says what is wrong', async () => {
  const data = ['--data', join(folder, 'other')];
  await assert.rejects(output('list'), isEdgeError('USAGE'));
  await assert.rejects(
    output('import', join(folder, 'mine.csv'), '--complete-to', '12', ...data),
    isEdgeError('USAGE'),
  );
  await assert.rejects(output('import', join(folder, 'absent.csv'), ...data), isEdgeError('CATALOGUE_UNREADABLE'));
  await assert.rejects(output('prefetch', '10,20', ...data), /RA,DEC,RADIUS/);
});
