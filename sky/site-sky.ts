import { airmassAt } from './airmass.ts';
import { ofDateOfJ2000 } from './equinox.ts';
import { localSiderealHours } from './sidereal.ts';
import type { Site } from './site.ts';
import { RAD_PER_DEG, type SkyPosition, separationDeg } from './sphere.ts';
import { moonAt, moonLitFraction, moonPosition, sunAt } from './sun-and-moon.ts';

/** The sky over a site at one moment (Unix milliseconds), wherever the telescope points. Each number is computed once, when it is wanted. */
export class SiteSky {
  readonly site: Site;
  readonly atMs: number;
  #sunAltitudeDeg: number | undefined;
  #moonAltitudeDeg: number | undefined;
  #moonLitFraction: number | undefined;
  #moonPosition: SkyPosition | undefined;
  #siderealDeg: number | undefined;

  constructor(site: Site, atMs: number) {
    this.site = site;
    this.atMs = atMs;
  }

  get sunAltitudeDeg(): number {
    this.#sunAltitudeDeg ??= sunAt(this.site, this.atMs).altitudeDeg;
    return this.#sunAltitudeDeg;
  }

  get moonAltitudeDeg(): number {
    this.#moonAltitudeDeg ??= moonAt(this.site, this.atMs).altitudeDeg;
    return this.#moonAltitudeDeg;
  }

  /** Share of its disc that is lit, 0 to 1. */
  get moonLitFraction(): number {
    this.#moonLitFraction ??= moonLitFraction(this.atMs);
    return this.#moonLitFraction;
  }

  /** J2000, as seen from the site. */
  get moonPosition(): SkyPosition {
    this.#moonPosition ??= moonPosition(this.site, this.atMs);
    return this.#moonPosition;
  }

  /** Local apparent sidereal time as an angle. */
  get siderealDeg(): number {
    this.#siderealDeg ??= 15 * localSiderealHours(this.site.longitudeDeg, this.atMs);
    return this.#siderealDeg;
  }
}

/** How one ICRS position stands in that sky. */
export class TargetSky {
  readonly sky: SiteSky;
  readonly #position: SkyPosition;
  readonly #ofDate: SkyPosition;
  #altitudeDeg: number | undefined;
  #moonDistanceDeg: number | undefined;

  /**
   * `ofDate`: the position for the equator and equinox of a date near the moment. Whoever looks at a whole night
   * computes it once: in a day precession and nutation move a star by less than an arc second.
   */
  constructor(sky: SiteSky, position: SkyPosition, ofDate: SkyPosition = ofDateOfJ2000(position, sky.atMs)) {
    this.sky = sky;
    this.#position = position;
    this.#ofDate = ofDate;
  }

  /** West of the meridian positive, -180 to 180. */
  get hourAngleDeg(): number {
    const angle = this.sky.siderealDeg - this.#ofDate.raDeg;
    return angle - 360 * Math.round(angle / 360);
  }

  /** True altitude, without refraction. */
  get altitudeDeg(): number {
    this.#altitudeDeg ??= this.#altitude();
    return this.#altitudeDeg;
  }

  /** North through east, 0 to 360. */
  get azimuthDeg(): number {
    const hourAngle = this.hourAngleDeg * RAD_PER_DEG;
    const dec = this.#ofDate.decDeg * RAD_PER_DEG;
    const latitude = this.sky.site.latitudeDeg * RAD_PER_DEG;
    const east = -Math.cos(dec) * Math.sin(hourAngle);
    const north = Math.sin(dec) * Math.cos(latitude) - Math.cos(dec) * Math.cos(hourAngle) * Math.sin(latitude);
    const azimuthDeg = Math.atan2(east, north) / RAD_PER_DEG;
    return azimuthDeg < 0 ? azimuthDeg + 360 : azimuthDeg;
  }

  get airmass(): number {
    return airmassAt(this.altitudeDeg);
  }

  get moonDistanceDeg(): number {
    this.#moonDistanceDeg ??= separationDeg(this.sky.moonPosition, this.#position);
    return this.#moonDistanceDeg;
  }

  #altitude(): number {
    const dec = this.#ofDate.decDeg * RAD_PER_DEG;
    const latitude = this.sky.site.latitudeDeg * RAD_PER_DEG;
    const across = Math.cos(dec) * Math.cos(latitude) * Math.cos(this.hourAngleDeg * RAD_PER_DEG);
    return Math.asin(Math.min(1, Math.sin(dec) * Math.sin(latitude) + across)) / RAD_PER_DEG;
  }
}
