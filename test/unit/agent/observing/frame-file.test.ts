import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cardsOf, type FrameDescription } from '../../../../agent/observing/frame-file.ts';
import { memoryBytes } from '../../../../base/bytes.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import { identifyFrame } from '../../../../pipeline/frame/read-frame.ts';
import { mjdNumber } from '../../../../pipeline/time/mjd.ts';

const description: FrameDescription = {
  startMs: Date.UTC(2026, 0, 1, 22),
  exposureS: 60,
  facts: {
    camera: 'Camera',
    binning: 1,
    pixelSizeUm: 3.8,
    gainEPerAdu: 1.25,
    readNoiseE: 3,
    saturationAdu: 60_000,
    temperatureC: -10,
    bayer: undefined,
  },
  target: { name: 'Gaia26abc', raDeg: 271.1, decDeg: -29.5 },
  filter: 'V',
  telescope: 'main',
  scaleArcsecPerPx: 1.1,
  site: { latitudeDeg: 50, longitudeDeg: 20, heightM: 300 },
  requestId: 'request-1',
  visitId: 'visit-1',
  software: 'bhtom-edge test',
};

async function readBack(changes: Partial<FrameDescription> = {}, height = 8) {
  const cards = cardsOf({ ...description, ...changes });
  const pixels = new Uint16Array(8 * height).fill(1000);
  const bytes = Buffer.concat(encodeFits([{ kind: 'image', width: 8, height, pixels, cards }]));
  const known = await identifyFrame(memoryBytes(bytes), { table: dialectTable });
  assert.equal(known.kind, 'frame');
  if (known.kind !== 'frame') throw new Error('unreachable');
  return known.facts;
}

describe('a frame that a visit writes', () => {
  it('is understood as it was meant', async () => {
    const facts = await readBack();
    assert.equal(facts.kind?.value, 'light');
    assert.equal(facts.object?.value, 'Gaia26abc');
    assert.equal(facts.filter?.value, 'V');
    assert.equal(facts.exposureS?.value, 60);
    assert.equal(facts.requestId?.value, 'request-1');
    assert.equal(facts.visitId?.value, 'visit-1');
    assert.equal(facts.gainEPerAdu?.value, 1.25);
    assert.equal(facts.readNoiseE?.value, 3);
    assert.equal(facts.saturationAdu?.value, 60_000);
    assert.equal(facts.raDeg?.value, 271.1);
    assert.equal(facts.siteLonDeg?.value, 20);
    // 22:00:30 UTC on MJD 61041.
    assert.ok(Math.abs(mjdNumber(facts.midUtc!.value) - (61041 + 79230 / 86400)) < 1e-8);
    assert.equal(facts.time.verdict, 'good');
  });

  for (const pattern of ['RGGB', 'BGGR', 'GRBG', 'GBRG'] as const) {
    for (const height of [8, 9]) {
      it(`keeps the colours ${pattern} of its ${height} rows as they are stored`, async () => {
        const facts = await readBack({ facts: { ...description.facts, bayer: pattern } }, height);
        assert.equal(facts.bayer?.value.pattern, pattern);
      });
    }
  }
});
