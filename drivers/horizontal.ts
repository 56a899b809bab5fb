import {
  HorizonFromVector,
  MakeTime,
  Observer,
  RotateVector,
  Rotation_EQJ_HOR,
  Spherical,
  VectorFromSphere,
} from 'astronomy-engine';
import type { SkyPosition } from '../sky/sphere.ts';

/** A place on the Earth: geodetic, longitude positive to the east. */
export interface Place {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly heightM: number;
}

export interface Horizontal {
  /** Above the horizon, without refraction. */
  readonly altitudeDeg: number;
  /** North through east. */
  readonly azimuthDeg: number;
}

/** Where an ICRS position stands over a place: precession and nutation by astronomy-engine, good to half an arc minute. */
export function horizontalOf(position: SkyPosition, place: Place, atMs: number): Horizontal {
  const time = MakeTime(new Date(atMs));
  const observer = new Observer(place.latitudeDeg, place.longitudeDeg, place.heightM);
  const inSpace = VectorFromSphere(new Spherical(position.decDeg, position.raDeg, 1), time);
  const horizon = HorizonFromVector(RotateVector(Rotation_EQJ_HOR(time, observer), inSpace), '');
  return { altitudeDeg: horizon.lat, azimuthDeg: horizon.lon };
}
