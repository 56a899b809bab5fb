import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { filters } from '../../../../config/filters.ts';
import { standardMagnitude } from '../../../../pipeline/standardisation/apply.ts';
import { bandOfColumn, bandOfFilter } from '../../../../pipeline/standardisation/bands.ts';
import { breakOfHabit, contradiction, priorsOf } from '../../../../pipeline/standardisation/priors.ts';
import { type Standardised, standardise } from '../../../../pipeline/standardisation/standardise.ts';
import { type FrameChoices, simulateFrame } from '../../../support/simulated-frame.ts';

function run(seed: number, choices: FrameChoices, header?: string): Standardised {
  const { list, reference } = simulateFrame(seed, choices);
  const meant = header === undefined ? undefined : bandOfFilter(filters, header);
  const result = standardise(list, reference, { filters, priors: priorsOf(meant, {}) });
  assert.equal(result.outcome, 'standardised');
  return result as Standardised;
}

describe('zero points', () => {
  it('come out with true errors', () => {
    const pulls: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const fit = run(seed, { band: 'r', nStars: 80, zeroPoint: 22.4, referenceBands: ['r', 'i'] }).constant;
      assert.equal(fit.band, 'r');
      pulls.push((fit.zeroPoint - 22.4) / fit.zeroPointErr);
    }
    const width = Math.sqrt(pulls.reduce((sum, pull) => sum + pull * pull, 0) / pulls.length);
    // 40 pulls: their width is known to 0.11; one-sided outliers of a tenth of a magnitude add a little.
    assert.ok(width > 0.7 && width < 1.4, `pull width ${width}`);
  });

  it('keeps the constant and adds the colour term that the stars carry', () => {
    const { constant, best } = run(2, { band: 'V', nStars: 150, colourTerm: 0.09, outliers: 0.03 });
    assert.equal(constant.model, 'constant');
    assert.ok(best.colourTerm, best.model);
    assert.ok(Math.abs(best.colourTerm.value - 0.09) < 4 * best.colourTerm.error, `${best.colourTerm.value}`);
    assert.ok(best.scatter < constant.scatter);
    const red = { raDeg: 120, decDeg: 35, mag: -8, colour: best.colourTerm.pivot + 1 };
    const place = { centreRaDeg: 120, centreDecDeg: 35, halfSideArcsec: 900 };
    assert.equal(standardMagnitude(best, place, red).mag, -8 + best.zeroPoint + best.colourTerm.value);
    const unknown = standardMagnitude(best, place, { ...red, colour: undefined });
    assert.equal(unknown.mag, -8 + best.zeroPoint);
    assert.ok(unknown.extraErr > 0.02);
  });

  it('adds no term where the stars carry none, and a plane where the frame has one', () => {
    let enriched = 0;
    for (let seed = 0; seed < 20; seed++)
      if (run(seed, { band: 'V', nStars: 120 }).best.model !== 'constant') enriched++;
    assert.ok(enriched <= 2, `${enriched} of 20 frames were given terms that are not there`);
    const { best, place } = run(3, { band: 'g', nStars: 120, gradient: 0.06 });
    assert.ok(best.model === 'plane' || best.model === 'colour+plane', best.model);
    // From edge to edge of a field of half a degree the simulated gradient is twice 0.06, brighter to the east.
    const edge = (east: number) => ({
      raDeg: 120 + (0.25 * east) / Math.cos((35 * Math.PI) / 180),
      decDeg: 35,
      mag: 0,
    });
    const across = standardMagnitude(best, place, edge(1)).mag - standardMagnitude(best, place, edge(-1)).mag;
    assert.ok(Math.abs(across - 0.12) < 0.03, `${across}`);
  });

  it('is found with five stars, without pretending to know the band', () => {
    const { constant, verdict } = run(11, { band: 'V', nStars: 5, outliers: 0, referenceBands: ['V', 'R'] });
    assert.ok(constant.nUsed === 5);
    assert.ok(['V', 'R'].includes(verdict.band));
  });
});

describe('filter identification', () => {
  const bands = ['u', 'g', 'r', 'i', 'z', 'U', 'B', 'V', 'R', 'I', 'G'] as const;

  it('names the band, alone or in a pair', () => {
    const random = new Random(20);
    let right = 0;
    let alone = 0;
    let asked = 0;
    let askedAlone = 0;
    for (const band of bands) {
      for (let frame = 0; frame < 4; frame++) {
        const nStars = 30 + random.below(60);
        const { verdict } = run(random.uint32(), {
          band,
          nStars,
          colourTerm: 0.03 * random.normal(),
          ebv: 0.3 * random.uniform(),
        });
        const named = [verdict.band, ...verdict.ambiguousWith];
        asked++;
        if (named.includes(band) && named.length <= 2) right++;
        if ('rRiI'.includes(band)) continue;
        askedAlone++;
        if (verdict.band === band && named.length === 1) alone++;
      }
    }
    // The bench asks for 98 and 80 per cent over thousands of frames; here one frame in 44 may fail.
    assert.ok(right >= asked - 1, `right in ${right} of ${asked}`);
    assert.ok(alone >= 0.8 * askedAlone, `alone in ${alone} of ${askedAlone}`);
  });

  it('works from Gaia G, BP and RP alone, through the published relations', () => {
    const random = new Random(3);
    for (const band of ['g', 'V', 'I', 'G'] as const) {
      const { verdict, bands: fits } = run(random.uint32(), { band, nStars: 120, referenceBands: ['G', 'BP', 'RP'] });
      const named = [verdict.band, ...verdict.ambiguousWith];
      assert.ok(named.includes(band), `${band}: ${named}`);
      assert.ok(fits.find((fit) => fit.band === 'V')!.nDerived > 100);
    }
  });

  it('says ambiguous where two bands are one, and lets the header choose between them', () => {
    const { list, reference } = simulateFrame(5, { band: 'r', nStars: 60, referenceBands: ['g', 'r'] });
    const twin = { ...reference, bands: new Map([...reference.bands, ['R', reference.bands.get('r')!]]) };
    const blind = standardise(list, twin, { filters }) as Standardised;
    assert.deepEqual([blind.verdict.band, ...blind.verdict.ambiguousWith].sort(), ['R', 'r']);
    const told = standardise(list, twin, { filters, priors: [{ band: 'R', odds: 20 }] }) as Standardised;
    assert.equal(told.verdict.band, 'R');
    assert.deepEqual(told.verdict.ambiguousWith, ['r']);
  });

  it('warns when the stars contradict the header, and is not talked out of it', () => {
    const result = run(9, { band: 'g', nStars: 60 }, 'V');
    assert.equal(result.verdict.band, 'g');
    const warning = contradiction('V', bandOfFilter(filters, 'V')!, result);
    assert.match(warning!, /"V".*behaves like GaiaSP\/g/);
    assert.equal(contradiction('g', bandOfFilter(filters, 'g')!, result), undefined);
  });
});

describe('typed outcomes', () => {
  it('names why there is no zero point', () => {
    const { list, reference } = simulateFrame(1, { band: 'V', nStars: 40 });
    const elsewhere = simulateFrame(2, { band: 'V', nStars: 40 });
    assert.equal(standardise(list, { ...reference, bands: new Map() }, { filters }).outcome, 'no reference stars');
    assert.equal(standardise(list, elsewhere.reference, { filters }).outcome, 'not matched');
    const blank = { ...list, mag: list.mag.map(() => Number.NaN) };
    assert.equal(standardise(blank, reference, { filters }).outcome, 'too few stars');
    const few = simulateFrame(3, { band: 'V', nStars: 4, outliers: 0 });
    assert.notEqual(standardise(few.list, few.reference, { filters }).outcome, 'standardised');
  });
});

describe('names of filters and columns', () => {
  it('knows what wheels call their filters, and minds the case of single letters', () => {
    const names = {
      V: 'V',
      "g'": 'g',
      gp: 'g',
      i: 'i',
      I: 'I',
      'Johnson V': 'V',
      Lum: 'G',
      Clear: 'G',
      'SDSS r': 'r',
      G: 'V',
    };
    for (const [name, band] of Object.entries(names)) assert.equal(bandOfFilter(filters, name)?.band.name, band, name);
    assert.equal(bandOfFilter(filters, 'Red')?.sure, false);
    assert.equal(bandOfFilter(filters, 'GaiaSP/B')?.band.name, 'B');
    assert.equal(bandOfFilter(filters, 'H-alpha'), undefined);
  });

  it('knows what tables call their columns', () => {
    assert.deepEqual(bandOfColumn(filters, 'g_err')?.band.name, 'g');
    assert.equal(bandOfColumn(filters, 'phot_g_mean_mag')?.band.name, 'G');
    assert.equal(bandOfColumn(filters, 'e_Vmag')?.isError, true);
    assert.equal(bandOfColumn(filters, 'parallax'), undefined);
  });
});

describe('the habit of a setup', () => {
  const green = run(5, { band: 'g', nStars: 120 });

  it('is broken by stars of another band, whatever the filter is called, and not by a few frames or by doubt', () => {
    assert.match(
      breakOfHabit('F2', { V: 34, g: 1 }, green)!,
      /filter "F2" have been GaiaSP\/V \(34 of 35\).*GaiaSP\/g/,
    );
    assert.equal(breakOfHabit('F2', { V: 4 }, green), undefined);
    assert.equal(breakOfHabit('F2', { V: 10, g: 9 }, green), undefined);
    assert.equal(breakOfHabit('F2', { g: 30 }, green), undefined);
    assert.equal(breakOfHabit('F2', {}, green), undefined);
    const doubtful = { ...green.verdict, fromStars: { band: 'g', ambiguousWith: ['V'] } };
    assert.equal(breakOfHabit('F2', { V: 34 }, { ...green, verdict: doubtful }), undefined);
  });
});
