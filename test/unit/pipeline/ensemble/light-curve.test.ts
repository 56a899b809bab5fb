import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { type LightCurve, lightCurves } from '../../../../pipeline/ensemble/light-curve.ts';
import { scintillationSigma } from '../../../../pipeline/ensemble/scintillation.ts';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import { seriesTarget, simulateSeries } from '../../../support/simulated-series.ts';

const options = { target: seriesTarget, scintillation: () => 0 };

function rms(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function onlyCurve(curves: readonly LightCurve[]): LightCurve {
  assert.equal(curves.length, 1);
  return curves[0]!;
}

describe('ensemble light curves', () => {
  it('follow a constant star through clouds with errors that are true', () => {
    const pulls: number[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const { frames, sigma } = simulateSeries(seed, { nFrames: 60, clouds: 1.5 });
      const { points, nComparison } = onlyCurve(lightCurves(frames, options));
      assert.equal(points.length, 60);
      assert.ok(nComparison > 60);
      const mean = points.reduce((sum, { mag }) => sum + mag, 0) / points.length;
      for (const { mag, magErr } of points) pulls.push((mag - mean) / magErr);
      assert.ok(rms(points.map(({ mag }) => mag)) < 1.25 * sigma(13));
    }
    // 480 pulls: their width is known to 0.03.
    assert.ok(rms(pulls) > 0.88 && rms(pulls) < 1.08, `pull width ${rms(pulls)}`);
  });

  it('keep a transit of two per cent as deep as it is', () => {
    const dip = (at: number): number => (at >= 30 && at < 60 ? 0.02 : 0);
    const { frames } = simulateSeries(4, { nFrames: 90, targetMag: (at) => 13 + dip(at), gradient: 0.01 });
    const { points } = onlyCurve(lightCurves(frames, options));
    const mean = (from: number, to: number): number => {
      const part = points.slice(from, to).map(({ mag }) => mag);
      return part.reduce((sum, mag) => sum + mag, 0) / part.length;
    };
    const depth = mean(30, 60) - (mean(0, 30) + mean(60, 90)) / 2;
    assert.ok(Math.abs(depth - 0.02) < 0.003, `${depth}`);
  });

  it('find the same stars by their pixels when one frame alone is solved, drifting and turning', () => {
    const choices = { nFrames: 25, driftPx: 400, rotationDeg: 200 };
    const all = onlyCurve(lightCurves(simulateSeries(7, choices).frames, options));
    const { frames } = simulateSeries(7, { ...choices, located: [12] });
    const one = onlyCurve(lightCurves(frames, options));
    assert.deepEqual(one.leftOut, []);
    assert.equal(one.points.length, all.points.length);
    for (const [at, point] of one.points.entries()) assert.ok(Math.abs(point.mag - all.points[at]!.mag) < 0.004);
  });

  it('give a variable comparison star little weight', () => {
    const variables = [3, 5, 8, 13, 21, 34];
    const { frames, sigma } = simulateSeries(11, { nFrames: 50, nStars: 40, variables });
    const { points } = onlyCurve(lightCurves(frames, options));
    assert.ok(rms(points.map(({ mag }) => mag)) < 1.4 * sigma(13));
  });

  it('take gradients out where there are some, and none where there are none', () => {
    const tilted = onlyCurve(lightCurves(simulateSeries(2, { nFrames: 60, gradient: 0.03 }).frames, options));
    const flat = onlyCurve(lightCurves(simulateSeries(2, { nFrames: 60, gradient: 0 }).frames, options));
    assert.ok(tilted.scatterMag < 1.4 * flat.scatterMag, `${tilted.scatterMag} ${flat.scatterMag}`);
  });

  it('believe the comparison stars when reported errors are three times too large', () => {
    const { frames, sigma } = simulateSeries(3, { nFrames: 60, errorFactor: 3 });
    const { points } = onlyCurve(lightCurves(frames, options));
    const typical = points.map(({ magErr }) => magErr).sort((a, b) => a - b)[30]!;
    assert.ok(typical < 1.5 * sigma(13), `${typical}`);
  });

  it('give limits where the target is not seen, and magnitudes of the system where frames have zero points', () => {
    const { frames } = simulateSeries(5, { nFrames: 20, clouds: 0, targetMag: (at) => (at === 7 ? Number.NaN : 13) });
    const zeroPoint = { value: -2, error: 0.01, band: 'GaiaSP/V' };
    const tied = frames.map((frame) => ({ ...frame, zeroPoint, limitMag: 17.5 + 2 }));
    const { points, band, zeroPointErr } = onlyCurve(lightCurves(tied, options));
    assert.equal(band, 'GaiaSP/V');
    assert.equal(zeroPointErr, 0.01);
    const missing = points[7]!;
    assert.ok(Number.isNaN(missing.mag) && Math.abs(missing.limit - 17.5) < 0.01, `${missing.limit}`);
    for (const point of points.filter((one) => one !== missing)) assert.ok(Math.abs(point.mag - 13) < 0.03);
  });

  it('take the forced measurement of a target too faint to be found, and call a fainter one a limit', () => {
    const { frames } = simulateSeries(6, { nFrames: 12, clouds: 0, targetMag: (at) => (at === 2 ? 13 : Number.NaN) });
    const forced = { name: 'T', raDeg: 150.2, decDeg: -21.4, bjdTdb: 2460000.7, mag: 18, magErr: 0.2, flags: 16384 };
    const given = frames.map((frame, at) => ({
      ...frame,
      limitMag: 18.5,
      targets: [{ ...forced, snr: at === 4 ? 1.2 : 5 }],
    }));
    const { points } = onlyCurve(lightCurves(given, options));
    assert.equal(points[0]!.bjdTdb, 2460000.7);
    assert.equal(points[0]!.flags, 16384);
    assert.ok(Math.abs(points[0]!.mag - points[1]!.mag) < 0.01);
    assert.ok(Math.abs(points[0]!.mag - points[2]!.mag - 3) < 0.05, 'a clear source is preferred');
    assert.ok(Number.isNaN(points[4]!.mag) && Number.isFinite(points[4]!.limit));
  });

  it('use apertures only where comparison stars repeat better by them', () => {
    const random = new Random(1);
    const { frames, sigma } = simulateSeries(13, { nFrames: 40 });
    const noisier = (extra: number) => (mag: Float64Array) => mag.map((value) => value + extra * random.normal());
    const rough = frames.map((frame) => ({
      ...frame,
      mag: noisier(0.015)(frame.mag),
      apertures: [{ radiusPx: 'corrected', mag: frame.mag, magErr: frame.magErr }] as const,
    }));
    const byAperture = onlyCurve(lightCurves(rough, options));
    assert.equal(byAperture.photometry, 'aperture');
    assert.ok(rms(byAperture.points.map(({ mag }) => mag)) < 1.3 * sigma(13));
    const fine = frames.map((frame) => ({
      ...frame,
      apertures: [{ radiusPx: 'corrected', mag: noisier(0.015)(frame.mag), magErr: frame.magErr }] as const,
    }));
    assert.equal(onlyCurve(lightCurves(fine, options)).photometry, 'psf');
  });

  it('choose the plain aperture by which comparison stars repeat best, where it has the target in every frame', () => {
    const random = new Random(2);
    const { frames, sigma } = simulateSeries(14, { nFrames: 40 });
    const noisier = (mag: Float64Array, extra: number) => mag.map((value) => value + extra * random.normal());
    // Plain sums lack a share of the light that changes with the seeing: a shift of the frame's own.
    const series = frames.map((frame) => {
      const shift = 0.1 * random.normal();
      const plain = (radiusPx: number, extra: number) => {
        const mag = noisier(frame.mag, extra).map((value) => value + shift + 1 / radiusPx);
        return { radiusPx, mag, magErr: frame.magErr };
      };
      return { ...frame, mag: noisier(frame.mag, 0.015), apertures: [plain(3, 0.008), plain(4, 0), plain(5, 0.012)] };
    });
    const curve = onlyCurve(lightCurves(series, options));
    assert.equal(curve.photometry, 'aperture of 4 px');
    assert.ok(rms(curve.points.map(({ mag }) => mag)) < 1.3 * sigma(13));
    // Row 0 is the target.
    series[7]!.apertures[1]!.mag[0] = Number.NaN;
    series[7]!.apertures[1]!.magErr = series[7]!.apertures[1]!.magErr.with(0, Number.NaN);
    assert.equal(onlyCurve(lightCurves(series, options)).photometry, 'aperture of 3 px');
  });

  it('follow a target that moves to where the record of each frame has it', () => {
    const { frames, sigma } = simulateSeries(15, { nFrames: 30, gradient: 0.02 });
    // Eight arcseconds, four pixels, from frame to frame: it has the magnitude of the star that stood still, 13.
    const moving = frames.map((frame, at) => {
      const [raDeg, decDeg] = [frame.raDeg[0]! + (8 * at) / 3600, frame.decDeg[0]!];
      const target = { name: 'comet', raDeg, decDeg, bjdTdb: 2460000 + at, mag: 9, magErr: 0.01, snr: 100, flags: 0 };
      const row = { raDeg: frame.raDeg.with(0, raDeg), decDeg: frame.decDeg.with(0, decDeg) };
      return { ...frame, ...row, targets: at === 9 ? [] : [target] };
    });
    const options = { target: { name: 'comet', isMoving: true as const }, scintillation: () => 0 };
    const curve = onlyCurve(lightCurves(moving, options));
    assert.deepEqual(
      curve.leftOut.map(({ file }) => file),
      ['frame-9.fits'],
    );
    assert.match(curve.leftOut[0]!.reason, /does not tell where comet stood/);
    const mags = curve.points.map(({ mag }) => mag);
    assert.equal(mags.length, 29);
    assert.ok(rms(mags) < 1.4 * sigma(13), `${rms(mags)}`);
    assert.equal(curve.points[3]!.bjdTdb, 2460003);
    assert.equal(onlyCurve(lightCurves(frames, options)).points.length, 0);
  });

  it('make a curve of each filter', () => {
    const { frames } = simulateSeries(8, { nFrames: 20 });
    const curves = lightCurves(
      frames.map((frame, at) => ({ ...frame, filter: at % 2 ? 'B' : 'V' })),
      options,
    );
    assert.deepEqual(
      curves.map(({ filter, points }) => [filter, points.length]),
      [
        ['V', 10],
        ['B', 10],
      ],
    );
  });

  it('say why there is no curve', () => {
    const { frames } = simulateSeries(9, { nFrames: 5, located: [] });
    const blind = onlyCurve(lightCurves(frames, options));
    assert.equal(blind.points.length, 0);
    assert.match(blind.leftOut[0]!.reason, /solve one of them/);
    const saturated = simulateSeries(9, { nFrames: 5 }).frames.map((frame) => ({
      ...frame,
      flags: frame.flags.map(() => SourceFlag.saturated),
    }));
    assert.match(onlyCurve(lightCurves(saturated, options)).leftOut[0]!.reason, /compare/);
    const strange = simulateSeries(10, { nFrames: 5, located: [0] }).frames.map((frame, at) =>
      at === 3 ? { ...simulateSeries(99, { nFrames: 1, located: [] }).frames[0]!, file: 'other.fits' } : frame,
    );
    const curve = onlyCurve(lightCurves(strange, options));
    assert.deepEqual(
      curve.leftOut.map(({ file }) => file),
      ['other.fits'],
    );
  });
});

describe('scintillation', () => {
  it('has the size that Osborn et al. give for small telescopes', () => {
    const sigma = (apertureM: number, exposureS: number) =>
      (2.5 / Math.LN10) * scintillationSigma({ apertureM, exposureS, airmass: 1.3, heightM: 0 });
    // 0.25 m: 6.2 and 2.5 mmag in 10 and 60 s by the formula with C = 1.56, worked out by hand.
    assert.ok(Math.abs(sigma(0.25, 10) - 0.0062) < 0.0004, `${sigma(0.25, 10)}`);
    assert.ok(Math.abs(sigma(0.25, 60) - 0.0025) < 0.0002, `${sigma(0.25, 60)}`);
  });
});
