import type { SiteConfig } from '../../config/schema.ts';
import { makeSky, type Sky, type Star, starsAround } from '../../drivers/simulator/sky/stars.ts';
import { horizontalOf } from '../../sky/horizontal.ts';
import type { Site } from '../../sky/site.ts';

/** What the demonstration observes, and from where. */
export interface DemoSky {
  readonly site: SiteConfig;
  readonly sky: Sky;
  /** Where it is highest now, degrees. */
  readonly zenith: { readonly raDeg: number; readonly decDeg: number };
  /** A star that stands alone, bright but not saturated: the target of the request. */
  readonly target: Star;
  /** Stars brighter than the limit around the zenith: the site's reference catalogue. */
  readonly reference: readonly Star[];
}

export const demoCamera = { widthPx: 1024, heightPx: 1024, scaleArcsecPerPx: 1, fwhmPx: 3.2, starsPerFrame: 200 };
const fieldDeg = (demoCamera.widthPx * demoCamera.scaleArcsecPerPx) / 3600;

/** A dark site at local midnight, whatever the hour here, and the sky above it. */
export function demoSky(nowMs: number, seed: number): DemoSky {
  const hoursUtc = (nowMs % 86_400_000) / 3_600_000;
  const site: Site = { latitudeDeg: 20, longitudeDeg: wrap(-15 * hoursUtc), heightM: 2000 };
  const raDeg = Array.from({ length: 72 }, (_, i) => i * 5).sort(
    (a, b) => altitude(site, b, nowMs) - altitude(site, a, nowMs),
  )[0]!;
  const zenith = { raDeg, decDeg: site.latitudeDeg };
  const sky = makeSky(seed, { starsPerSquareDegree: demoCamera.starsPerFrame / fieldDeg ** 2 });
  const reference = starsAround(sky, zenith.raDeg, zenith.decDeg, 1.2).filter(({ gMag }) => gMag < 16.5);
  return { site: { name: 'demo-site', ...site }, sky, zenith, reference, target: lonelyStar(sky, zenith) };
}

/** A star of about 14.5 mag near the position with nothing comparable within 20 arcsec. */
function lonelyStar(sky: Sky, near: { raDeg: number; decDeg: number }): Star {
  const stars = starsAround(sky, near.raDeg, near.decDeg, fieldDeg);
  const isAlone = (star: Star) =>
    stars.every((other) => other === star || Math.hypot(dRa(star, other), star.decDeg - other.decDeg) * 3600 > 20);
  return stars.filter(isAlone).sort((a, b) => Math.abs(a.gMag - 14.5) - Math.abs(b.gMag - 14.5))[0]!;
}

function dRa(a: Star, b: Star): number {
  return (a.raDeg - b.raDeg) * Math.cos((a.decDeg * Math.PI) / 180);
}

function altitude(site: Site, raDeg: number, atMs: number): number {
  return horizontalOf({ raDeg, decDeg: site.latitudeDeg }, site, atMs).altitudeDeg;
}

function wrap(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}
