import { bjdTdb } from '../../pipeline/time/barycentre.ts';
import { jdMinusMjd, mjdNumber, normaliseMjd } from '../../pipeline/time/mjd.ts';
import type { ExportPoint } from './point.ts';

/** A column of points: numbers, NaN where there is none, or text. */
export interface PointColumn {
  readonly name: string;
  readonly unit?: string;
  readonly description: string;
  readonly values: Float64Array | readonly string[];
}

/** Points as columns, for the tables that say everything: one row a point. */
export function pointColumns(points: readonly ExportPoint[]): PointColumn[] {
  const numbers = (value: (point: ExportPoint) => number | undefined) =>
    Float64Array.from(points, (point) => value(point) ?? Number.NaN);
  const texts = (value: (point: ExportPoint) => string) => points.map(value);
  return [
    { name: 'target', description: 'name of the target', values: texts(({ target }) => target) },
    { name: 'mjd_mid', unit: 'd', description: 'mid-exposure, UTC', values: numbers(({ mjdMid }) => mjdMid) },
    { name: 'bjd_tdb', unit: 'd', description: 'mid-exposure at the barycentre, TDB', values: numbers(bjdOf) },
    { name: 'exposure', unit: 's', description: 'exposure time', values: numbers(({ exposureS }) => exposureS) },
    { name: 'band', description: 'survey and band', values: texts(({ band }) => band.catalogue) },
    { name: 'mag_system', description: 'system of the magnitudes', values: texts(({ band }) => band.system) },
    { name: 'mag', unit: 'mag', description: 'blank where only a limit is known', values: numbers(magOf) },
    { name: 'mag_err', unit: 'mag', description: 'the zero point included', values: numbers(magErrOf) },
    { name: 'limit', unit: 'mag', description: 'S/N 5; blank where it was seen', values: numbers(limitOf) },
    { name: 'ra', unit: 'deg', description: 'of the target, ICRS', values: numbers(({ raDeg }) => raDeg) },
    { name: 'dec', unit: 'deg', description: 'of the target, ICRS', values: numbers(({ decDeg }) => decDeg) },
    { name: 'airmass', description: 'at mid-exposure', values: numbers(({ airmass }) => airmass) },
    { name: 'filter', description: 'as the header names it', values: texts(({ filter }) => filter) },
    { name: 'plane', description: 'mono, or the plane of a colour camera', values: texts(({ plane }) => plane) },
    { name: 'site', description: 'where', values: texts(({ site }) => site) },
    { name: 'instrument', description: 'with what', values: texts(({ instrument }) => instrument) },
    { name: 'exposure_id', description: 'SHA-256 of the exposure', values: texts(({ exposureId }) => exposureId) },
    { name: 'software', description: 'what measured it', values: texts(({ software }) => software) },
  ];
}

/** Julian date at the barycentre, TDB, for the centre of the Earth (within 21 ms). */
function bjdOf({ mjdMid, raDeg, decDeg }: ExportPoint): number {
  return mjdNumber(bjdTdb(normaliseMjd(mjdMid, 0), raDeg, decDeg)) + jdMinusMjd;
}

const magOf = ({ brightness }: ExportPoint) => (brightness.kind === 'detected' ? brightness.mag : undefined);
const magErrOf = ({ brightness }: ExportPoint) => (brightness.kind === 'detected' ? brightness.magErr : undefined);
const limitOf = ({ brightness }: ExportPoint) => (brightness.kind === 'limit' ? brightness.mag : undefined);
