import assert from 'node:assert/strict';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSite, stopAndRemove, until } from '../../../support/intake.ts';
import { realFile, withRealData } from '../../../support/outside.ts';

describe('real frames', { timeout: 60_000, ...withRealData }, () => {
  it('of a night of MicroObservatory are taken in, each once, across a restart', async () => {
    let site = startSite();
    try {
      const names = readdirSync(realFile('hatp32-microobs')).filter((name) => name.endsWith('.FITS'));
      assert.equal(names.length, 48);
      for (const name of names.slice(0, 24)) copyFileSync(realFile('hatp32-microobs', name), join(site.folder, name));
      await until(() => (site.store.frames.counts().identified ?? 0) >= 12);
      await site.stop();
      for (const name of names.slice(24)) copyFileSync(realFile('hatp32-microobs', name), join(site.folder, name));
      site = startSite({ root: site.root });
      await until(() => site.store.frames.counts().identified === 48);
      const frames = site.store.frames.inState('identified', 100);
      assert.equal(new Set(frames.map((frame) => frame.exposureId)).size, 48);
      assert.deepEqual(new Set(frames.map((frame) => frame.kind)), new Set(['light']));
      assert.deepEqual(site.store.frames.counts(), { identified: 48 });
    } finally {
      await stopAndRemove(site);
    }
  });
});
