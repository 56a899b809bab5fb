import { Observer } from 'astronomy-engine';

/** Where an observer stands on the Earth: geodetic (WGS84), north and east positive. */
export interface Site {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly heightM: number;
}

/** The site as astronomy-engine takes it. */
export function observerAt({ latitudeDeg, longitudeDeg, heightM }: Site): Observer {
  return new Observer(latitudeDeg, longitudeDeg, heightM);
}
