import type { ExportPoint } from './point.ts';

/** Bands by the names of sncosmo, which SkyPortal uses. */
const filterNames: Readonly<Record<string, string>> = {
  ...{ U: 'bessellux', B: 'bessellb', V: 'bessellv', R: 'bessellr', I: 'besselli' },
  ...{ u: 'sdssu', g: 'sdssg', r: 'sdssr', i: 'sdssi', z: 'sdssz' },
  ...{ G: 'gaia::g', BP: 'gaia::gbp', RP: 'gaia::grp' },
};

/** The body of `POST /api/photometry`, one array a column; blank is null. */
export interface SkyPortalPhotometry {
  readonly obj_id: string;
  readonly instrument_id: number;
  readonly mjd: readonly number[];
  readonly filter: readonly (string | undefined)[];
  readonly magsys: readonly ('ab' | 'vega')[];
  readonly mag: readonly (number | null)[];
  readonly magerr: readonly (number | null)[];
  readonly limiting_mag: readonly (number | null)[];
  readonly ra: readonly number[];
  readonly dec: readonly number[];
  readonly origin: readonly string[];
}

/** One target's points for SkyPortal; `origin` is what a repetition is told by there. */
export function skyPortalPhotometry(
  objectId: string,
  instrumentId: number,
  points: readonly ExportPoint[],
): SkyPortalPhotometry {
  const column = <Value>(value: (point: ExportPoint) => Value) => points.map(value);
  return {
    obj_id: objectId,
    instrument_id: instrumentId,
    mjd: column(({ mjdMid }) => mjdMid),
    filter: column(({ band }) => filterNames[band.name]),
    magsys: column(({ band }) => (band.system === 'AB' ? 'ab' : 'vega')),
    mag: column(({ brightness }) => (brightness.kind === 'detected' ? brightness.mag : null)),
    magerr: column(({ brightness }) => (brightness.kind === 'detected' ? brightness.magErr : null)),
    limiting_mag: column(({ brightness }) => (brightness.kind === 'limit' ? brightness.mag : null)),
    ra: column(({ raDeg }) => raDeg),
    dec: column(({ decDeg }) => decDeg),
    origin: column(({ site, instrument, exposureId, plane }) => `${site}/${instrument}/${exposureId}/${plane}`),
  };
}
