import { type ComplexImage, complexImage, transform } from './fourier.ts';
import { type Aberrations, type Pupil, pupilField } from './pupil.ts';
import { ARCSEC, friedM, phaseStructure } from './seeing.ts';

/** Telescope, air and guiding: everything that makes the image of a point. */
export interface Optics {
  readonly pupil: Pupil;
  /** FWHM of the seeing alone at 550 nm without outer scale, arcsec. */
  readonly seeingArcsec: number;
  readonly outerScaleM: number;
  /** rms of the guiding along each axis, and a steady drift over the exposure, arcsec. */
  readonly guidingArcsec: number;
  readonly driftArcsec: number;
  readonly driftAngleDeg: number;
  /** Share of the light that dust and the polish of the mirrors scatter into an aureole that falls as r^-2 (King 1971, PASP 83, 199). */
  readonly aureoleShare: number;
}

/** A table of the light in a pixel against its distance from the star: n x n, `perPixel` samples a pixel, star at (n / 2, n / 2). */
export interface PointTable {
  readonly n: number;
  readonly perPixel: number;
  readonly share: Float32Array;
}

/** Wavelengths of a V-like filter and their shares of the light. */
export const broadBand: readonly Wavelength[] = [
  { metres: 505e-9, share: 0.27 },
  { metres: 550e-9, share: 0.46 },
  { metres: 595e-9, share: 0.27 },
];
export interface Wavelength {
  readonly metres: number;
  readonly share: number;
}

/**
 * The long-exposure image of a point: the transfer function of telescope (autocorrelation of its pupil), air
 * (exp(-D / 2)), guiding and pixel multiplied, summed over wavelengths and transformed (Roddier 1981, Progress in
 * Optics 19, 281). The light in the whole table is one before the aureole is mixed in, that in `aureolePx` after.
 */
export function pointSpread(
  optics: Optics,
  wavefront: Aberrations,
  wavelengths: readonly Wavelength[],
  { n, perPixel, pixelArcsec, aureolePx }: { n: number; perPixel: number; pixelArcsec: number; aureolePx: number },
): PointTable {
  const pitch = (pixelArcsec * ARCSEC) / perPixel;
  const transfer = complexImage(n);
  for (const { metres, share } of wavelengths) {
    const baselineM = metres / (n * pitch);
    const telescope = pupilTransfer(optics.pupil, wavefront, metres, n, baselineM);
    const air = airTransfer(optics, metres, baselineM, n);
    for (let j = 0; j < n; j++) {
      const fy = (j < n / 2 ? j : j - n) / (n * pitch);
      for (let i = 0; i < n; i++) {
        const fx = (i < n / 2 ? i : i - n) / (n * pitch);
        const weight = share * air(Math.hypot(fx, fy) * n * pitch) * guidingTransfer(optics, fx, fy);
        const p = j * n + i;
        // The light of a pixel's square, and the star in the middle of the table.
        const here = weight * sinc(fx * perPixel * pitch) * sinc(fy * perPixel * pitch) * ((i + j) & 1 ? -1 : 1);
        transfer.re[p]! += here * telescope.re[p]!;
        transfer.im[p]! += here * telescope.im[p]!;
      }
    }
  }
  transform(transfer, true);
  const { aureoleShare } = optics;
  const inner2 = (1.5 / pixelArcsec) ** 2;
  const norm = 1 / (Math.PI * Math.log(1 + aureolePx ** 2 / inner2));
  const share = new Float32Array(n * n);
  for (let p = 0; p < n * n; p++) {
    const r2 = ((p % n) - n / 2) ** 2 + (Math.floor(p / n) - n / 2) ** 2;
    const aureole = norm / (r2 / perPixel ** 2 + inner2);
    share[p] = (1 - aureoleShare) * Math.max(0, transfer.re[p]!) * perPixel ** 2 + aureoleShare * aureole;
  }
  return { n, perPixel, share };
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Autocorrelation of the pupil at the baselines of an n x n table, one at baseline 0. */
function pupilTransfer(
  pupil: Pupil,
  wavefront: Aberrations,
  wavelengthM: number,
  n: number,
  baselineM: number,
): ComplexImage {
  let wide = n;
  while (wide * baselineM < 2 * pupil.apertureM) wide *= 2;
  const field = pupilField(pupil, wavefront, wavelengthM, wide, baselineM);
  transform(field);
  for (let p = 0; p < wide * wide; p++) {
    field.re[p] = field.re[p]! ** 2 + field.im[p]! ** 2;
    field.im[p] = 0;
  }
  transform(field, true);
  const cut = complexImage(n);
  const whole = field.re[0]!;
  for (let j = 0; j < n; j++) {
    const y = j < n / 2 ? j : j + wide - n;
    for (let i = 0; i < n; i++) {
      const from = y * wide + (i < n / 2 ? i : i + wide - n);
      cut.re[j * n + i] = field.re[from]! / whole;
      // Of an intensity: the transform of the real image has the other sign.
      cut.im[j * n + i] = -field.im[from]! / whole;
    }
  }
  return cut;
}

/** exp(-D / 2) by the number of steps of baseline, interpolated between whole ones. */
function airTransfer({ seeingArcsec, outerScaleM }: Optics, wavelengthM: number, baselineM: number, n: number) {
  const r0M = friedM(seeingArcsec) * (wavelengthM / 550e-9) ** (6 / 5);
  const table = Float64Array.from({ length: n + 2 }, (_, k) =>
    Math.exp(-phaseStructure(k * baselineM, r0M, outerScaleM) / 2),
  );
  return (steps: number) => {
    const k = Math.floor(steps);
    return k > n ? 0 : table[k]! + (steps - k) * (table[k + 1]! - table[k]!);
  };
}

function guidingTransfer({ guidingArcsec, driftArcsec, driftAngleDeg }: Optics, fx: number, fy: number): number {
  const angle = (driftAngleDeg * Math.PI) / 180;
  const along = (fx * Math.cos(angle) + fy * Math.sin(angle)) * driftArcsec * ARCSEC;
  return Math.exp(-2 * (Math.PI * guidingArcsec * ARCSEC) ** 2 * (fx * fx + fy * fy)) * sinc(along);
}
