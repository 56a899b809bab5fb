import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Frame } from '../../../../agent/store/frame.ts';
import { pause, type Site, startSite, stopAndRemove, until } from '../../../support/intake.ts';
import { smallFrame } from '../../../support/small-frame.ts';

const whole = smallFrame({ seed: 1 });

/** The bytes of a frame with one header card replaced, unchecked. */
function withCard(card: string): Buffer {
  const bytes = Buffer.from(whole);
  const at = bytes.indexOf(card.slice(0, 9));
  bytes.write(card.padEnd(80), at, 'latin1');
  return bytes;
}

describe('a bad file', { timeout: 60_000 }, () => {
  let site: Site;
  before(() => {
    site = startSite({ maxFileMb: 1 });
  });
  after(() => stopAndRemove(site));

  const at = (name: string) => site.store.frames.atPath('main', join(site.folder, name));
  const end = (name: string): Promise<Frame> =>
    until(() => {
      const frame = at(name);
      return frame && !['seen', 'settled'].includes(frame.state) && frame;
    });
  async function isRejected(name: string, code: string, reason: RegExp): Promise<void> {
    const frame = await end(name);
    assert.equal(frame.state, 'rejected', `${name} is ${frame.state}`);
    assert.equal(frame.reasonCode, code);
    assert.match(frame.reason!, reason);
    assert.ok(site.log.some((line) => line.file === frame.path && line.msg.includes(frame.reason!)));
  }

  it('that is no FITS is rejected', () => {
    writeFileSync(join(site.folder, 'picture.fits'), Buffer.from(`\xff\xd8\xff\xe0${'jpeg'.repeat(5000)}`, 'latin1'));
    return isRejected('picture.fits', 'not-usable', /[Nn]ot a FITS file/);
  });

  it('that is empty is rejected, and taken in when it is filled', async () => {
    writeFileSync(join(site.folder, 'empty.fits'), '');
    await isRejected('empty.fits', 'empty', /empty/);
    writeFileSync(join(site.folder, 'empty.fits'), smallFrame({ seed: 2 }));
    await until(() => at('empty.fits')?.state === 'identified');
  });

  it('that is truncated is rejected, and taken in when the rest comes', async () => {
    const bytes = smallFrame({ seed: 3 });
    writeFileSync(join(site.folder, 'cut.fits'), bytes.subarray(0, 5000));
    await isRejected('cut.fits', 'truncated', /promises \d+ bytes, the file has 5000/);
    appendFileSync(join(site.folder, 'cut.fits'), bytes.subarray(5000));
    await until(() => at('cut.fits')?.state === 'identified');
  });

  it('that ends within its header is rejected', () => {
    writeFileSync(join(site.folder, 'header.fits'), whole.subarray(0, 200));
    return isRejected('header.fits', 'truncated', /no END card/);
  });

  it('that lacks only the padding of its last block is taken in', async () => {
    const image = 48 * 40 * 2;
    writeFileSync(join(site.folder, 'unpadded.fits'), smallFrame({ seed: 4 }).subarray(0, whole.length - 5760 + image));
    assert.equal((await end('unpadded.fits')).state, 'identified');
  });

  it('that is growing is waited for, and somebody is told', async () => {
    const bytes = smallFrame({ seed: 5, width: 200, height: 200 });
    const path = join(site.folder, 'growing.fits');
    for (let written = 0; written < 20_000; written += 1000) {
      appendFileSync(path, bytes.subarray(written, written + 1000));
      await pause(60); // for longer, all in all, than a file that stands still is waited for
    }
    assert.equal(at('growing.fits')?.state, 'seen');
    assert.ok(site.log.some((line) => line.file === path && /still waiting/.test(line.msg)));
    assert.ok(site.intake.status().waiting.some((file) => file.path === path && file.reason.length > 0));
    appendFileSync(path, bytes.subarray(20_000));
    assert.equal((await end('growing.fits')).state, 'identified');
  });

  for (const [name, card, code, reason] of [
    ['naxis', 'NAXIS   =                  777', 'not-usable', /NAXIS = 777/],
    ['no axes', 'NAXIS   =                    1', 'no-image', /no image/],
    ['absurd', 'NAXIS1  =           4000000000', 'truncated', /promises .* bytes/],
    ['negative', 'NAXIS2  =                   -5', 'not-usable', /NAXIS2 = -5/],
    ['bitpix', 'BITPIX  =                   17', 'not-usable', /BITPIX = 17/],
  ] as const) {
    it(`whose header is wrong (${name}) is rejected`, () => {
      writeFileSync(join(site.folder, `${name}.fits`), withCard(card));
      return isRejected(`${name}.fits`, code, reason);
    });
  }

  it('that is too large is rejected without being read', () => {
    writeFileSync(join(site.folder, 'large.fits'), whole);
    truncateSync(join(site.folder, 'large.fits'), 2 * 1048576);
    return isRejected('large.fits', 'too-large', /2\.0 MB, more than the 1\.0 MB allowed by intake\.maxFileMb/);
  });

  it('that is a folder is rejected, and the frames in it are taken in', async () => {
    mkdirSync(join(site.folder, 'M31.fits'));
    writeFileSync(join(site.folder, 'M31.fits', 'inside.fits'), smallFrame({ seed: 6 }));
    await isRejected('M31.fits', 'folder', /folder/);
    assert.equal((await end('M31.fits/inside.fits')).state, 'identified');
  });

  it('that is a pipe is rejected without waiting for a writer', async () => {
    execFileSync('mkfifo', [join(site.folder, 'pipe.fits')]);
    await isRejected('pipe.fits', 'not-a-file', /pipe/);
  });

  it('that is a loop of links is rejected', async () => {
    symlinkSync('loop.fits', join(site.folder, 'loop.fits'));
    await isRejected('loop.fits', 'link-loop', /leads back to itself/);
  });

  it('that is a link to nothing is rejected, and taken in when there is something', async () => {
    symlinkSync(join(site.root, 'elsewhere.fits'), join(site.folder, 'link.fits'));
    await isRejected('link.fits', 'dangling-link', /does not exist/);
    writeFileSync(join(site.root, 'elsewhere.fits'), smallFrame({ seed: 7 }));
    await until(() => at('link.fits')?.state === 'identified');
  });

  it('that is a folder linked into itself costs nothing', async () => {
    mkdirSync(join(site.folder, 'round'));
    symlinkSync(site.folder, join(site.folder, 'round', 'about'));
    writeFileSync(join(site.folder, 'round', 'r.fits'), smallFrame({ seed: 8 }));
    assert.equal((await end('round/r.fits')).state, 'identified');
  });

  it('whose name is not UTF-8 is rejected with the advice to rename it', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${site.folder}/m`), Buffer.from([0xe9]), Buffer.from('.fits')]), whole);
    await isRejected('m\ufffd.fits', 'name', /Rename/);
  });

  it('that nobody may read is rejected, and taken in when it may be read', async () => {
    const path = join(site.folder, 'secret.fits');
    const isRoot = process.getuid?.() === 0;
    // root may read everything: become somebody else for the time of this test, as all threads of the process do
    for (const folder of [site.root, site.folder]) chmodSync(folder, 0o777);
    for (const name of ['agent.sqlite', 'agent.sqlite-wal', 'agent.sqlite-shm', 'agent.lock'])
      chmodSync(join(site.dataDir, name), 0o666);
    chmodSync(site.dataDir, 0o777);
    writeFileSync(path, smallFrame({ seed: 9 }), { mode: 0o000 });
    if (isRoot) process.seteuid?.(65534);
    try {
      await isRejected('secret.fits', 'unreadable', /permission denied/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    chmodSync(path, 0o644);
    await until(() => at('secret.fits')?.state === 'identified');
  });

  it('compressed with gzip and damaged is rejected, whole it is taken in', async () => {
    const packed = gzipSync(smallFrame({ seed: 10 }));
    writeFileSync(join(site.folder, 'half.fits.gz'), packed.subarray(0, packed.length >> 1));
    await isRejected('half.fits.gz', 'truncated', /gzip/);
    writeFileSync(join(site.folder, 'whole.fits.gz'), packed);
    assert.equal((await end('whole.fits.gz')).state, 'identified');
  });

  it('that disappears at once is forgotten', async () => {
    writeFileSync(join(site.folder, 'short-lived.fits'), whole.subarray(0, 300));
    await until(() => at('short-lived.fits')?.state === 'seen');
    rmSync(join(site.folder, 'short-lived.fits'));
    await until(() => at('short-lived.fits') === undefined);
  });

  it('never ended the intake, and good frames still come in', async () => {
    writeFileSync(join(site.folder, 'good.fits'), smallFrame({ seed: 11 }));
    assert.equal((await end('good.fits')).state, 'identified');
    assert.deepEqual(
      site.log.filter((line) => line.level >= 50),
      [],
    );
  });
});
