import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { SourceFlag } from '../../../pipeline/flags.ts';
import { numbersOf, readCsv } from '../../../pipeline/tables/read-csv.ts';
import { agreement, counterparts, measureFile, median, robustWidth } from '../../support/photometry.ts';

/** A small simulated frame with what other programs found in it (see `test/fixtures/photometry/make.ts`). */
const fixtures = new URL('../../fixtures/photometry/', import.meta.url);
const frame = fileURLToPath(new URL('frame.fits.gz', fixtures));
const measured = measureFile(frame, {});

function tableOf<Name extends string>(file: string, ...names: Name[]): Record<Name, number>[] {
  const table = readCsv(readFileSync(new URL(file, fixtures), 'utf8'), file);
  const columns = names.map((name) => [name, numbersOf(table, name)!] as const);
  return Array.from(
    { length: table.rows },
    (_, row) => Object.fromEntries(columns.map(([name, values]) => [name, values[row]!])) as Record<Name, number>,
  );
}

for (const program of ['source-extractor', 'sep']) {
  test(`stars and fluxes of the small frame agree with those of ${program}`, async () => {
    const rows = tableOf(`${program}.csv`, 'x', 'y', 'flux', 'flux_err', 'flags');
    const theirs = rows.map(({ flux_err: fluxErr, ...row }) => ({ ...row, fluxErr }));
    const { nStars, foundShare, nBright, ratioScatter } = agreement(theirs, await measured);
    assert.ok(nStars >= 40 && nBright >= 20, `${nStars} stars above 20 sigma, ${nBright} above 100`);
    assert.ok(foundShare >= 0.95, `found ${foundShare.toFixed(3)} of ${nStars}`);
    // Their apertures hold noise and unflagged neighbours of a per cent; ours must not add to that.
    assert.ok(ratioScatter < 0.03, `ratio scatters by ${ratioScatter.toFixed(4)} over ${nBright} stars`);
  });
}

test('stars of the small frame have their true flux and place', async () => {
  const truth = tableOf('truth.csv', 'x', 'y', 'electrons', 'saturated');
  const inside = truth.filter(({ x, y }) => Math.min(x, y) > 10 && Math.max(x, y) < 247);
  const ours = await measured;
  const bright = inside.filter(({ electrons, saturated }) => saturated === 0 && electrons > 2e4);
  const partners = counterparts(bright, ours, 0.5);
  const errors = bright.flatMap(({ electrons }, i) => (partners[i] ? [partners[i].flux / electrons - 1] : []));
  assert.ok(bright.length >= 40 && errors.length >= 0.95 * bright.length, `${errors.length} of ${bright.length} found`);
  // At 20,000 electrons over this sky a star is known to 1 %: the median of 40 stars to 0.2 %.
  assert.ok(Math.abs(median(errors)) < 0.006, `bias ${median(errors)}`);
  assert.ok(robustWidth(errors) < 0.015, `scatter ${robustWidth(errors)}`);
  for (const star of inside.filter(({ saturated }) => saturated === 1)) {
    const near = ours.filter(({ x, y }) => Math.hypot(x - star.x, y - star.y) < 1.5);
    assert.ok(
      near.some(({ flags }) => (flags & SourceFlag.saturated) !== 0),
      `saturated star at ${star.x} ${star.y}`,
    );
    assert.ok(near.every(({ flux, flags }) => (flags & SourceFlag.saturated) === 0 || Number.isNaN(flux)));
  }
});
