import type { Random } from '../../../base/random.ts';
import { type ComplexImage, complexImage } from './fourier.ts';

/** The opening of a telescope: a disc with a central obstruction and the vanes that hold it. */
export interface Pupil {
  readonly apertureM: number;
  /** Diameter of the obstruction over that of the aperture. */
  readonly obstruction: number;
  readonly vanes: number;
  readonly vaneWidthM: number;
  readonly vaneAngleDeg: number;
}

/** Wavefront errors, waves rms at 550 nm, as coefficients of Noll's normalised Zernike polynomials (1976, JOSA 66, 207). */
export interface Aberrations {
  readonly defocus: number;
  readonly astigmatism: readonly [number, number];
  readonly coma: readonly [number, number];
  readonly trefoil: readonly [number, number];
  readonly spherical: number;
}

/** How the aberrations go over the field, whose edges lie at u, v = +-1. */
export type FieldAberrations = (u: number, v: number) => Aberrations;

/**
 * A telescope as it stands: defocus with tilt and field curvature, coma that grows with the distance from a middle that
 * is not quite that of the chip, astigmatism with its square, spherical aberration and trefoil; `strength` is the rms
 * of each that is drawn.
 */
export function drawAberrations(random: Random, strength: number): FieldAberrations {
  const draw = () => strength * random.normal();
  const focus = { middle: 0.6 * draw(), tiltU: 0.5 * draw(), tiltV: 0.5 * draw(), curvature: draw() };
  const [cu, cv] = [0.2 * random.normal(), 0.2 * random.normal()];
  const [coma, astigmatism, a1, a2] = [draw(), draw(), 0.4 * draw(), 0.4 * draw()];
  const trefoil = [0.4 * draw(), 0.4 * draw()] as const;
  const spherical = 0.4 * draw();
  return (u, v) => {
    const [du, dv] = [u - cu, v - cv];
    return {
      defocus: focus.middle + focus.tiltU * u + focus.tiltV * v + (focus.curvature * (du * du + dv * dv)) / 2,
      astigmatism: [a1 + (astigmatism * (du * du - dv * dv)) / 2, a2 + astigmatism * du * dv],
      coma: [coma * du, coma * dv],
      trefoil,
      spherical,
    };
  };
}

/** The field behind the pupil for light of one wavelength, its middle at (n / 2, n / 2), samples `pitchM` apart. */
export function pupilField(
  pupil: Pupil,
  wavefront: Aberrations,
  wavelengthM: number,
  n: number,
  pitchM: number,
): ComplexImage {
  const field = complexImage(n);
  const radius = pupil.apertureM / 2;
  const turns = (2 * Math.PI * 550e-9) / wavelengthM;
  const reach = Math.ceil(radius / pitchM);
  for (let j = -reach; j <= reach; j++) {
    for (let i = -reach; i <= reach; i++) {
      const x = (i * pitchM) / radius;
      const y = (j * pitchM) / radius;
      const rho = Math.hypot(x, y);
      if (rho > 1 || rho < pupil.obstruction || isBehindVane(pupil, x, y)) continue;
      const phase = turns * wavefrontAt(wavefront, x, y);
      const p = (j + n / 2) * n + i + n / 2;
      field.re[p] = Math.cos(phase);
      field.im[p] = Math.sin(phase);
    }
  }
  return field;
}

function isBehindVane({ apertureM, vanes, vaneWidthM, vaneAngleDeg }: Pupil, x: number, y: number): boolean {
  for (let k = 0; k < vanes; k++) {
    const angle = (vaneAngleDeg * Math.PI) / 180 + (2 * Math.PI * k) / vanes;
    const along = x * Math.cos(angle) + y * Math.sin(angle);
    const across = x * Math.sin(angle) - y * Math.cos(angle);
    if (along > 0 && Math.abs(across) < vaneWidthM / apertureM) return true;
  }
  return false;
}

/** Waves at a place of the unit disc. */
function wavefrontAt({ defocus, astigmatism, coma, trefoil, spherical }: Aberrations, x: number, y: number): number {
  const r2 = x * x + y * y;
  return (
    Math.sqrt(3) * defocus * (2 * r2 - 1) +
    Math.sqrt(6) * (astigmatism[0] * (x * x - y * y) + astigmatism[1] * 2 * x * y) +
    Math.sqrt(8) * (3 * r2 - 2) * (coma[0] * x + coma[1] * y) +
    Math.sqrt(8) * (trefoil[0] * (x ** 3 - 3 * x * y * y) + trefoil[1] * (3 * x * x * y - y ** 3)) +
    Math.sqrt(5) * spherical * (6 * r2 * r2 - 6 * r2 + 1)
  );
}
