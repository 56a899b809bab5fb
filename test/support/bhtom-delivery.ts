import type { Clock } from '../../base/clock.ts';
import type { PhotometryParcel } from '../../protocol/photometry.ts';
import { FakeBhtom2 } from './fake-bhtom2.ts';
import { measured, photometry } from './parcels.ts';

/** A stand-in for BHTOM with one camera and one user, who shows uploads after an hour and calibrates them by then. */
export function bhtomFor(clock: Clock): FakeBhtom2 {
  return new FakeBhtom2({
    ...{ nowMs: () => clock.nowMs(), user: 'observer', password: 'hush hush' },
    cameras: [{ id: 31, oname: 'HILL_CAM', isActive: true, favouriteOf: ['observer'] }],
    targets: ['HAT-P-32'],
    ...{ showsAfterMs: 3_600_000, calibratesAfterMs: 3_600_000, zeroPoint: -3, bestBand: 'V' },
  });
}

/** A frame in V with six stars and HAT-P-32 at 17 mag: 3000 electrons in 30 s, at a zero point of 22.01. */
export function frameOf(exposure: string, changes: Partial<PhotometryParcel> = {}): PhotometryParcel {
  const stars = [0, 1, 2, 3, 4, 5];
  const base = photometry(exposure);
  const target = {
    ...measured('HAT-P-32'),
    ...{ raDeg: 31.04, decDeg: 46.69, flux: 3000, fluxErr: 30, mag: 17.01, magErr: 0.011, verdict: 'detected' },
  };
  return {
    ...base,
    frame: { ...base.frame, band: 'V', zeroPoint: 22.01, zeroPointErr: 0.01 },
    targets: [target],
    sources: {
      x: stars.map((i) => 10 + 20 * i),
      y: stars.map((i) => 20 + 10 * i),
      ra: stars.map((i) => 31.1 + 0.01 * i),
      dec: stars.map((i) => 46.6 + 0.01 * i),
      flux: stars.map((i) => 5000 + 1000 * i),
      flux_err: stars.map(() => 80),
      flags: stars.map(() => 0),
    },
    ...changes,
  };
}
