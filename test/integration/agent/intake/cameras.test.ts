import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../../../../agent/daemon.ts';
import { Random } from '../../../../base/random.ts';
import { loadConfig } from '../../../../config/load.ts';
import { FastClock } from '../../../support/fast-clock.ts';
import { silent, temporaryFolder } from '../../../support/parcels.ts';
import { smallFrame } from '../../../support/small-frame.ts';

const program = join(import.meta.dirname, '../../../../bin/bhtom-edge.mjs');

it('two cameras in one folder: the second is measured and held back until somebody says what it is', async (t) => {
  const root = temporaryFolder(t);
  const folder = join(root, 'frames');
  mkdirSync(folder);
  writeFileSync(join(root, 'token'), 'word');
  const configPath = join(root, 'config.yaml');
  writeFileSync(
    configPath,
    `site: { name: hill, latitudeDeg: 50, longitudeDeg: 20 }
dataDir: ${join(root, 'data')}
instruments: [{ folders: [${folder}] }]
destinations: [{ id: hub, kind: hub, url: "http://127.0.0.1:9", tokenFile: ${join(root, 'token')}, requests: false, targets: false }]
intake: { settleS: 1, rescanS: 20, minFreeMb: 0 }
reduction: { threads: 1, deadlineS: 1200 }
page: { enabled: false }
`,
  );
  const config = await loadConfig(configPath);
  const clock = new FastClock(Date.now(), 8);
  const daemon = await startDaemon({ config, clock, random: new Random(1), log: silent, version: 'test' });
  t.after(() => daemon.stop());
  let number = 0;
  async function measured(camera: string): Promise<void> {
    number++;
    const cards = [
      { keyword: 'INSTRUME', value: camera },
      { keyword: 'DATE-OBS', value: `2026-03-01T22:${10 + number}:00.000` },
    ];
    writeFileSync(join(folder, `${number}.fits`), smallFrame({ seed: number, cards }));
    await until(() => daemon.store.reductions.recent(9).length === number, `frame ${number} is measured`);
  }
  const states = () =>
    daemon.store.outbox
      .list(['queued', 'sending', 'unknown', 'parked'], 9)
      .map(({ state }) => (state === 'parked' ? 'held' : 'goes'))
      .reverse();
  const alarms = () => daemon.store.alarms.open().filter(({ code }) => code === 'ANOTHER_CAMERA');
  const say = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [program, 'cameras', ...words, '--config', configPath],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    return stdout;
  };

  await measured('QHY600M');
  await measured('qhy600m ');
  await measured('ASI294MM');
  await measured('QHY600M');
  await measured('ASI294MM');
  await measured('Guider');
  assert.deepEqual(states(), ['goes', 'goes', 'held', 'goes', 'held', 'held']);
  await until(() => alarms().length === 2, 'an alarm for each of both');
  assert.match(alarms()[0]!.text, /\(asi294mm\) lie among those of instrument .*3\.fits.*bhtom-edge cameras same 2/);
  assert.match(say(), /^2 {2}main {2}asi294mm {2}ASKED/m);

  const retried = spawnSync(process.execPath, [program, 'queue', 'retry', '--parked', '--config', configPath]);
  assert.match(String(retried.stdout), /nothing of that kind/, 'nobody sends them by the way');
  assert.match(say('same', '2'), /asi294mm is the camera of main; 2 parcels held back are sent/);
  assert.match(say('other', '3'), /guider is another instrument/);
  assert.deepEqual(states(), ['goes', 'goes', 'goes', 'goes', 'goes', 'held']);
  await until(() => alarms().length === 0, 'both alarms are over');
  await measured('ASI294MM');
  await measured('Guider');
  assert.deepEqual(states().slice(-2), ['goes', 'held']);
});

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let k = 0; k < 600; k++) {
    if (isSo()) return;
    await sleep(50);
  }
  assert.fail(`never: ${what}`);
}
