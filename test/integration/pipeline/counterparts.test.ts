import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { saveFrame } from '../../../cli/demo/camera-program.ts';
import { reduceFrames } from '../../../cli/reduce.ts';
import { magnitudeIn } from '../../../drivers/simulator/sky/bands.ts';
import { constant } from '../../../drivers/simulator/sky/light-curve.ts';
import { Renderer } from '../../../drivers/simulator/sky/renderer.ts';
import { makeSky, type SpecialStar, starsAround } from '../../../drivers/simulator/sky/stars.ts';
import { SourceFlag } from '../../../pipeline/flags.ts';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';
import { readFrameRecord } from '../../../protocol/frame-record.ts';

const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
const field = { raDeg: 83.2, decDeg: 30.1 };
const bare = makeSky(5, { starsPerSquareDegree: 3000 });
const cosDec = Math.cos((field.decDeg * Math.PI) / 180);
const away = (eastArcsec: number, northArcsec: number) => ({
  raDeg: field.raDeg + eastArcsec / 3600 / cosDec,
  decDeg: field.decDeg + northArcsec / 3600,
});
const stars = starsAround(bare, field.raDeg, field.decDeg, 0.6);
const isAlone = (place: { raDeg: number; decDeg: number }, arcsec: number) =>
  stars.every(
    (star) =>
      (star.raDeg === place.raDeg && star.decDeg === place.decDeg) ||
      Math.hypot((star.raDeg - place.raDeg) * cosDec, star.decDeg - place.decDeg) * 3600 > arcsec,
  );
/** The first place of a lattice with no star about it. */
function emptyPlace(skip: number) {
  const places = Array.from({ length: 400 }, (_, k) => away(-380 + 40 * (k % 20), -380 + 40 * Math.floor(k / 20)));
  return places.filter((place) => isAlone(place, 16))[skip]!;
}
const inFrame = stars.filter(
  ({ raDeg, decDeg }) => Math.abs((raDeg - field.raDeg) * cosDec) < 0.12 && Math.abs(decDeg - field.decDeg) < 0.12,
);
const lonely = inFrame.filter((star) => star.gMag > 14 && star.gMag < 15.5 && isAlone(star, 16));

const special = (name: string, gMag: number, place: { raDeg: number; decDeg: number }): SpecialStar => ({
  ...{ name, ...place, gMag, bpRp: 1, lightCurve: constant },
});
const northOf = (star: { raDeg: number; decDeg: number }, arcsec: number) => ({
  raDeg: star.raDeg,
  decDeg: star.decDeg + arcsec / 3600,
});
const specials = [
  special('nova', 15.5, emptyPlace(0)),
  special('deep', 17.4, emptyPlace(1)),
  special('outburst', 14, emptyPlace(2)),
  special('beside', 15.5, northOf(lonely[2]!, 2.4)),
  special('blend', 15.5, northOf(lonely[3]!, 0.6)),
  special('glaring', 8, emptyPlace(5)),
];
const targets = [
  ...specials,
  { name: 'star', ...lonely[0]! },
  { name: 'variable', ...lonely[1]! },
  { name: 'faded', ...emptyPlace(3) },
  { name: 'empty', ...emptyPlace(4) },
  { name: 'edge', ...away(510.5, 40) },
  { name: 'glare', ...northOf(emptyPlace(5), 9) },
  { name: 'outside', ...away(900, 0) },
].map(({ name, raDeg, decDeg }) => ({ name, raDeg, decDeg }));

let folder: string;
let record: FrameSummary;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'counterparts-'));
  const renderer = new Renderer();
  const sky = { ...bare, specialStars: specials };
  const frame = await saveFrame(renderer, folder, 1, { ...field, sky, site }, Date.UTC(2026, 10, 20, 1));
  await renderer.close();
  const known = stars
    .filter(({ gMag }) => gMag < 17)
    .concat({ ...special('outburst', 16, emptyPlace(2)), id: 'o', special: undefined })
    .concat({ ...special('faded', 14.8, emptyPlace(3)), id: 'f', special: undefined });
  const bands = ['B', 'V', 'R', 'G'] as const;
  const rows = known.map((star) =>
    [
      ...[star.raDeg.toFixed(7), star.decDeg.toFixed(7), star.id === lonely[1]!.id ? 'VARIABLE' : 'NOT_AVAILABLE'],
      ...bands.map((band) => magnitudeIn(band, star.gMag, star.bpRp).toFixed(4)),
    ].join(','),
  );
  writeFileSync(join(folder, 'stars.csv'), `ra,dec,phot_variable_flag,${bands.join(',')}\n${rows.join('\n')}\n`);
  // It passes the place of the nova in the middle of the exposure, five arcseconds a minute to the north.
  const midMjd = 61364 + 1 / 24;
  const path = [-0.1, 0, 0.1].map((days) => {
    const { raDeg, decDeg } = northOf(emptyPlace(0), 5 * days * 1440);
    return `${midMjd + days},${raDeg},${decDeg}`;
  });
  writeFileSync(join(folder, 'comet.csv'), `mjd,ra,dec\n${path.join('\n')}\n`);
  const ephemeris = [
    { name: 'comet', ephemeris: join(folder, 'comet.csv') },
    { name: 'lost', ephemeris: join(folder, 'none.csv') },
  ];
  const options = {
    ephemeris,
    solve: true,
    threads: 2,
    out: folder,
    target: targets,
    catalogue: join(folder, 'stars.csv'),
  };
  for await (const result of reduceFrames([frame.path], options)) record = result as FrameSummary;
  assert.equal(record.state, 'reduced');
});
after(() => rmSync(folder, { recursive: true, force: true }));

const of = (name: string) => record.targets.find((target) => target.name === name)!;
const verdictOf = (name: string) => of(name).counterpart!;

it('a record says nothing that its schema does not know', () => {
  assert.deepEqual(readFrameRecord(JSON.stringify(record)).value, JSON.parse(JSON.stringify(record)));
});

describe('what stands at the place of a target', () => {
  it('is a new source where the catalogue has none and goes deep enough', () => {
    const { kind, words, star, significance, catalogueDepth } = verdictOf('nova');
    assert.equal(kind, 'new source', words);
    assert.ok((star?.separationSigma ?? 99) > 20 && significance > 50 && catalogueDepth! > of('nova').mag!);
    assert.match(words, /V 15\.\d\d at \d+\.\d sigma/);
  });

  it('is not called new below the depth of the catalogue', () => {
    const { kind, words } = verdictOf('deep');
    assert.equal(kind, 'unclear', words);
    assert.match(words, /the catalogue ends at V 1\d/);
  });

  it('is a known star, with its change of brightness', () => {
    const steady = verdictOf('star');
    assert.equal(steady.kind, 'known star', steady.words);
    assert.match(steady.words, /as bright as ever/);
    const { kind, words, star } = verdictOf('outburst');
    assert.equal(kind, 'known star', words);
    assert.ok(Math.abs(star!.magDifference! + 2) < 0.1 && star!.differenceSigma! < -20, words);
    assert.match(words, /2\.\d\d mag brighter than catalogued|1\.9\d mag brighter than catalogued/);
    assert.ok(star!.chance < 0.01);
  });

  it('is a known variable, whose catalogued magnitude is told though no zero point rests on it', () => {
    const { kind, words, star } = verdictOf('variable');
    assert.equal(kind, 'known variable', words);
    assert.ok(Math.abs(star!.magDifference!) < 0.1);
  });

  it('is nothing down to the limit, and a star that should be there is missed', () => {
    const empty = verdictOf('empty');
    assert.equal(empty.kind, 'nothing', empty.words);
    assert.ok(Math.abs(empty.significance) < 3 && empty.limit === of('empty').limit);
    assert.match(verdictOf('faded').words, /nothing down to V 20\.0.*where the catalogue has a star of V 15/);
  });

  it('is a new source beside a star where both are seen, and never within the light of one', () => {
    const beside = verdictOf('beside');
    assert.equal(beside.kind, 'new source', beside.words);
    assert.ok(beside.star!.separationSigma > 5 && of('beside').fracFlux! > 0.4 && of('beside').fracFlux! < 0.9);
    assert.ok(of('nova').fracFlux! > 0.99);
    const blend = verdictOf('blend');
    assert.notEqual(blend.kind, 'new source', blend.words);
  });

  it('is told with what spoils the place, and everything else is measured', () => {
    assert.match(of('edge').remarks!.join(), /edge of the frame/);
    assert.ok(of('edge').flags & SourceFlag.truncated);
    assert.match(of('glare').remarks!.join(), /saturated/);
    assert.ok(of('glare').flags & (SourceFlag.nearSaturated | SourceFlag.saturated));
    assert.notEqual(of('glare').counterpart?.kind, 'new source');
    assert.deepEqual([of('outside').verdict, of('outside').counterpart], ['outside the frame', undefined]);
    assert.equal(record.targets.length, targets.length + 1);
  });

  it('follows a moving target to where it is in the middle of the exposure, and tells of its trail', () => {
    const comet = of('comet');
    assert.ok(Math.hypot(comet.x! - of('nova').x!, comet.y! - of('nova').y!) < 0.01);
    assert.match(comet.remarks!.join(), /trailed by 5\.0" \(1\.\d FWHM\)/);
    assert.ok(record.warnings.some((text) => /the moving target lost is left out: .*none\.csv/.test(text)));
  });
});
