import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readMaster } from '../../../agent/masters/master-file.ts';
import { readStore } from '../../../agent/store/open.ts';
import { systemClock } from '../../../base/clock.ts';
import { Random } from '../../../base/random.ts';
import { FrameSource } from '../../support/calibration-frames.ts';
import { pause, startSite, temporaryRoot, until } from '../../support/intake.ts';

/** More of them: BHTOM_EDGE_KILLS=200 node --test test/faults/masters/kill.test.ts */
const nKills = Number(process.env.BHTOM_EDGE_KILLS ?? 12);
const seed = Number(process.env.BHTOM_EDGE_SEED ?? 1);
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));
const perKind = 6;

describe(`the building of masters killed ${nKills} times`, { timeout: 60_000 + 5000 * nKills }, () => {
  it('loses no frame, trusts no torn file, and has every master in the end', async (t) => {
    const root = temporaryRoot();
    const spec = { widthPx: 1200, heightPx: 900, vignetting: 0.2, darkEPerS: 1 };
    const source = new FrameSource(join(root, 'frames'), spec, Date.UTC(2026, 10, 22, 18));
    for (let k = 0; k < perKind; k++) {
      source.calibration({ kind: 'bias' });
      source.calibration({ kind: 'dark', exposureS: 60 });
      source.calibration({ kind: 'flat', exposureS: 5, electrons: 30_000 });
    }
    const site = startSite({ root });
    await until(() => site.store.frames.counts().filed === 3 * perKind);
    await site.stop();

    const start = () => fork(worker, [site.folder, site.dataDir], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const random = new Random(seed);
    const found = () => {
      const store = readStore(site.dataDir, systemClock);
      const { filed } = store.frames.counts();
      const masters = store.masters.all('main');
      store.close();
      assert.equal(filed, 3 * perKind, 'every frame stays in the library');
      return masters;
    };
    let most = 0;
    let inTheMidst = 0;
    for (let kill = 0; kill < nKills; kill++) {
      const child = start();
      const ended = once(child, 'exit');
      await once(child, 'message');
      // The first ones soon, so that most masters meet a kill; a master that is known stays known.
      await pause(random.uniform() * (100 + (1500 * kill) / nKills));
      child.kill('SIGKILL');
      const [, signal] = await ended;
      if (signal === 'SIGKILL') inTheMidst++;
      const masters = found();
      assert.ok(masters.length >= most, 'a master that was built is not lost');
      most = masters.length;
      for (const { path, kind, id } of masters) {
        const { pixels } = await readMaster(path!, kind, id!);
        assert.equal(pixels.length, 1200 * 900);
      }
    }
    assert.ok(inTheMidst > 0, 'some kills came before the work was done');
    const [code] = await once(start(), 'exit');
    assert.equal(code, 0);
    const masters = found();
    assert.deepEqual(masters.map(({ kind, state, nCombined }) => `${kind} ${state} ${nCombined}`).sort(), [
      `bias good ${perKind}`,
      `dark good ${perKind}`,
      `flat good ${perKind}`,
    ]);
    const files = readdirSync(join(site.dataDir, 'masters', 'main')).sort();
    assert.deepEqual(files, masters.map(({ kind, id }) => `${kind}-${id}.fits`).sort(), 'and nothing half written');
    t.diagnostic(`${inTheMidst} of ${nKills} kills in the midst of the work`);
    rmSync(root, { recursive: true, force: true });
  });
});
