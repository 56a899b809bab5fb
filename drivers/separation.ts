import type { SkyPosition } from './contract.ts';

const degree = Math.PI / 180;

/** Angle between two positions in degrees, by the haversine formula: exact for small ones too. */
export function separationDeg(a: SkyPosition, b: SkyPosition): number {
  const haversine =
    Math.sin(((b.decDeg - a.decDeg) * degree) / 2) ** 2 +
    Math.cos(a.decDeg * degree) * Math.cos(b.decDeg * degree) * Math.sin(((b.raDeg - a.raDeg) * degree) / 2) ** 2;
  return (2 * Math.asin(Math.min(1, Math.sqrt(haversine)))) / degree;
}
