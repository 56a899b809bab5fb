import { RAD_PER_DEG, type Vector } from '../../sky/sphere.ts';

/**
 * An orbit about the Sun, as the Minor Planet Center gives it: angles in degrees on the ecliptic and equinox of J2000, times
 * as MJD in Terrestrial Time.
 */
export interface Orbit {
  readonly eccentricity: number;
  readonly perihelionAu: number;
  readonly inclinationDeg: number;
  readonly nodeDeg: number;
  /** Argument of perihelion. */
  readonly perihelionDeg: number;
  /** When it passes the perihelion. */
  readonly perihelionMjdTt: number;
}

/** Gauss's constant: au^(3/2) per day. */
const gaussK = 0.01720209895;
/** Obliquity of the ecliptic of J2000 that orbits refer to (IAU 1976), degrees. */
const obliquityDeg = 84381.448 / 3600;

/**
 * Heliocentric position at a moment (MJD, TT), equatorial axes of J2000, au. Two bodies only: planets move it by arcseconds to
 * arcminutes within weeks of the epoch of the orbit. Kepler's equation in its universal form holds for ellipses, the
 * parabola and hyperbolas alike (Stumpff 1947; Danby 1988, Fundamentals of Celestial Mechanics, section 6.9): with
 * alpha = (1 - e) / q and psi = alpha chi^2, k (t - T) = q chi + e chi^3 c3(psi).
 */
export function heliocentric(orbit: Orbit, mjdTt: number): Vector {
  const { eccentricity: e, perihelionAu: q } = orbit;
  const alpha = (1 - e) / q;
  const chi = solveUniversal(e, q, gaussK * sinceNearestPerihelion(orbit, mjdTt));
  const psi = alpha * chi * chi;
  const [c2, c3] = stumpff(psi);
  // In the plane of the orbit: x towards the perihelion.
  const x = q - chi * chi * c2;
  const y = Math.sqrt(q * (1 + e)) * chi * (1 - psi * c3);
  return equatorial(turned(x, y, orbit));
}

/** Days since the perihelion; of a closed orbit the nearest one. */
function sinceNearestPerihelion({ eccentricity: e, perihelionAu: q, perihelionMjdTt }: Orbit, mjdTt: number): number {
  const days = mjdTt - perihelionMjdTt;
  if (e >= 1) return days;
  const period = (2 * Math.PI * (q / (1 - e)) ** 1.5) / gaussK;
  return days - period * Math.round(days / period);
}

/** The root chi of q chi + e chi^3 c3(alpha chi^2) = target, which grows with chi: Newton's steps within a bracket. */
function solveUniversal(e: number, q: number, target: number): number {
  if (target < 0) return -solveUniversal(e, q, -target);
  const alpha = (1 - e) / q;
  const value = (chi: number): number => q * chi + e * chi ** 3 * stumpff(alpha * chi * chi)[1] - target;
  let low = 0;
  // The slope is the distance, which is at least q.
  let high = target / q;
  let chi = Math.min(high, Math.cbrt(6 * target));
  for (let step = 0; step < 100; step++) {
    const off = value(chi);
    if (off > 0) high = chi;
    else low = chi;
    const distance = q + e * chi * chi * stumpff(alpha * chi * chi)[0];
    const next = chi - off / distance;
    const better = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(better - chi) <= 1e-15 * (1 + Math.abs(chi))) return better;
    chi = better;
  }
  return chi;
}

/** Stumpff's functions c2 and c3: (1 - cos s) / s^2 and (s - sin s) / s^3 with s the root of psi, by series near zero. */
function stumpff(psi: number): [number, number] {
  if (Math.abs(psi) < 0.05) {
    let c2 = 0;
    let c3 = 0;
    for (let n = 8; n >= 0; n--) {
      c2 = (1 - psi * c2) / ((2 * n + 1) * (2 * n + 2));
      c3 = (1 - psi * c3) / ((2 * n + 2) * (2 * n + 3));
    }
    return [c2, c3];
  }
  const s = Math.sqrt(Math.abs(psi));
  return psi > 0
    ? [(1 - Math.cos(s)) / psi, (s - Math.sin(s)) / (s * psi)]
    : [(1 - Math.cosh(s)) / psi, (s - Math.sinh(s)) / (s * psi)];
}

function turned(x: number, y: number, { inclinationDeg, nodeDeg, perihelionDeg }: Orbit): Vector {
  const [i, node, peri] = [inclinationDeg, nodeDeg, perihelionDeg].map((deg) => deg * RAD_PER_DEG) as [
    number,
    number,
    number,
  ];
  const u = x * Math.cos(peri) - y * Math.sin(peri);
  const v = x * Math.sin(peri) + y * Math.cos(peri);
  return [
    u * Math.cos(node) - v * Math.cos(i) * Math.sin(node),
    u * Math.sin(node) + v * Math.cos(i) * Math.cos(node),
    v * Math.sin(i),
  ];
}

function equatorial([x, y, z]: Vector): Vector {
  const cos = Math.cos(obliquityDeg * RAD_PER_DEG);
  const sin = Math.sin(obliquityDeg * RAD_PER_DEG);
  return [x, y * cos - z * sin, y * sin + z * cos];
}
