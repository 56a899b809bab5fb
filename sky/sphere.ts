/** Degrees to radians. */
export const RAD_PER_DEG = Math.PI / 180;
export const ARCSEC_PER_RAD = 3600 / RAD_PER_DEG;

export interface SkyPosition {
  readonly raDeg: number;
  readonly decDeg: number;
}

/** A direction on the unit sphere with the unit vectors to the east and to the north of it, each as [x, y, z]. */
export interface LocalFrame {
  readonly up: Vector;
  readonly east: Vector;
  readonly north: Vector;
}

export type Vector = readonly [number, number, number];

/**
 * The local frame at a position (degrees): x towards RA 0, y towards RA 90 deg, z towards the north pole. East and
 * north stay defined at the poles themselves, as the limit along the meridian of `raDeg`.
 */
export function localFrame({ raDeg, decDeg }: SkyPosition): LocalFrame {
  const sinRa = Math.sin(raDeg * RAD_PER_DEG);
  const cosRa = Math.cos(raDeg * RAD_PER_DEG);
  const sinDec = Math.sin(decDeg * RAD_PER_DEG);
  const cosDec = Math.cos(decDeg * RAD_PER_DEG);
  return {
    up: [cosDec * cosRa, cosDec * sinRa, sinDec],
    east: [-sinRa, cosRa, 0],
    north: [-sinDec * cosRa, -sinDec * sinRa, cosDec],
  };
}

/** The position (RA in [0, 360), degrees) of a vector of any length. */
export function positionOf(x: number, y: number, z: number): SkyPosition {
  const raDeg = Math.atan2(y, x) / RAD_PER_DEG;
  return { raDeg: raDeg < 0 ? raDeg + 360 : raDeg, decDeg: Math.atan2(z, Math.hypot(x, y)) / RAD_PER_DEG };
}

/** The angle between two positions in degrees, exact for small and large angles alike. */
export function separationDeg(a: SkyPosition, b: SkyPosition): number {
  const { up, east, north } = localFrame(a);
  const [x, y, z] = localFrame(b).up;
  const along = x * up[0] + y * up[1] + z * up[2];
  const aside = Math.hypot(x * east[0] + y * east[1] + z * east[2], x * north[0] + y * north[1] + z * north[2]);
  return Math.atan2(aside, along) / RAD_PER_DEG;
}

/** The position at (x, y) radians east and north of `centre` on the gnomonic plane that touches the sky there. */
export function gnomonicPosition(centre: SkyPosition, x: number, y: number): SkyPosition {
  return combine(localFrame(centre), 1, x, y);
}

/** The same on the stereographic plane, whose unit is the radian at its centre. */
export function stereographicPosition(centre: SkyPosition, x: number, y: number): SkyPosition {
  return combine(localFrame(centre), 1 - (x * x + y * y) / 4, x, y);
}

function combine({ up, east, north }: LocalFrame, depth: number, x: number, y: number): SkyPosition {
  return positionOf(
    depth * up[0] + x * east[0] + y * north[0],
    depth * up[1] + x * east[1] + y * north[1],
    depth * up[2] + x * east[2] + y * north[2],
  );
}
