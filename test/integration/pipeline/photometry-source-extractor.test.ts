import assert from 'node:assert/strict';
import test from 'node:test';
import { realFile, withPrograms, withRealData } from '../../support/outside.ts';
import { agreement, measureFile } from '../../support/photometry.ts';
import { extractStars } from '../../support/source-extractor.ts';

const needs = { skip: withRealData.skip || withPrograms('source-extractor').skip };
/** Early, middle and late in a night through which the field drifts by 270 pixels. */
const frames = ['HATP-32171220013343', 'HATP-32171220045112', 'HATP-32171220055412'];

for (const name of frames) {
  test(`${name}: source-extractor's clean stars are found, and fluxes keep their ratio`, needs, async () => {
    const path = realFile('hatp32-microobs', `${name}.FITS`);
    // A 12-bit camera; the gain is unknown, and so it stays for both.
    const theirs = extractStars(path, 0, 3900);
    const { nStars, foundShare, nBright, ratioScatter } = agreement(theirs, await measureFile(path, {}));
    assert.ok(nStars >= 100 && nBright >= 25, `${nStars} stars above 20 sigma, ${nBright} above 100`);
    assert.ok(foundShare >= 0.95, `found ${foundShare.toFixed(3)} of ${nStars}`);
    assert.ok(ratioScatter < 0.03, `ratio scatters by ${ratioScatter.toFixed(4)} over ${nBright} stars`);
  });
}
