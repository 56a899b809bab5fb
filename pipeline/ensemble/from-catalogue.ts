import { Parked } from '../../base/errors.ts';
import { instrumentalMag, magError } from '../magnitude.ts';
import type { EcsvTable } from '../tables/read-ecsv.ts';
import type { ApertureMagnitudes, EnsembleFrame, ForcedTarget } from './frame.ts';

/**
 * A frame for the ensemble from a catalogue as `reduce` writes it: the columns x, y, mag, mag_err (ra, dec, flags where
 * they are known) and the frame's record in the metadata. `file` names it in the light curve and in errors. Throws
 * `Parked` when columns or the time of the exposure are missing.
 */
export function frameFromCatalogue(table: EcsvTable, file: string): EnsembleFrame {
  const record = objectOf(table.meta);
  const mjdMid = numberOf(record.mjdMid);
  if (mjdMid === undefined)
    throw new Parked(
      'NO_TIME',
      `${file} does not tell when it was exposed (mjdMid): it has no place in a light curve.`,
    );
  const column = (name: string): Float64Array => {
    const values = table.numbers.get(name);
    if (!values) throw new Parked('NOT_A_CATALOGUE', `${file} has no column "${name}": it is not a source catalogue.`);
    return values;
  };
  const blank = (): Float64Array => new Float64Array(table.rows).fill(Number.NaN);
  const plane = table.texts.get('plane')?.[0] ?? 'mono';
  const ofPlane = arrayOf(record.planes).find((one) => one.plane === plane) ?? {};
  const exposureS = numberOf(record.exposureS);
  const filter = textOf(record.filter) ?? 'unknown';
  const limitFluxE = numberOf(ofPlane.limitFluxE) ?? numberOf(record.limitFluxE);
  return {
    file: textOf(record.file)?.replace(/^.*[\\/]/, '') ?? file,
    filter: plane === 'mono' ? filter : `${filter} ${plane}`,
    mjdMid,
    exposureS,
    airmass: numberOf(record.airmass),
    x: column('x'),
    y: column('y'),
    raDeg: table.numbers.get('ra') ?? blank(),
    decDeg: table.numbers.get('dec') ?? blank(),
    mag: column('mag'),
    magErr: column('mag_err'),
    apertures: aperturesOf(table, exposureS),
    flags: Int32Array.from(table.numbers.get('flags') ?? blank()),
    zeroPoint: zeroPointOf(ofPlane) ?? zeroPointOf(record),
    limitMag: limitFluxE === undefined ? undefined : finite(instrumentalMag(limitFluxE, exposureS)),
    targets: arrayOf(record.targets)
      .filter((one) => (textOf(one.plane) ?? plane) === plane)
      .map((one) => forcedTarget(one, exposureS)),
  };
}

/** `aper_flux` and every `aper_sum_<radius>`, each with its errors. */
function aperturesOf({ numbers }: EcsvTable, exposureS: number | undefined): ApertureMagnitudes[] {
  return [...numbers].flatMap(([name, flux]) => {
    const radiusPx = name === 'aper_flux' ? 'corrected' : Number(/^aper_sum_([\d.]+)$/.exec(name)?.[1]);
    const fluxErr = numbers.get(`${name}_err`);
    if (!fluxErr || Number.isNaN(radiusPx)) return [];
    const mag = flux.map((value) => instrumentalMag(value, exposureS));
    return [{ radiusPx, mag, magErr: flux.map((value, row) => magError(value, fluxErr[row]!)) }];
  });
}

type Plain = { readonly [key: string]: unknown };

function forcedTarget(target: Plain, exposureS: number | undefined): ForcedTarget {
  const flux = numberOf(target.flux);
  const fluxErr = numberOf(target.fluxErr);
  const known = flux !== undefined && fluxErr !== undefined && fluxErr > 0;
  return {
    name: textOf(target.name) ?? '',
    raDeg: numberOf(target.raDeg) ?? Number.NaN,
    decDeg: numberOf(target.decDeg) ?? Number.NaN,
    bjdTdb: numberOf(target.bjdTdb),
    mag: known ? finite(instrumentalMag(flux, exposureS)) : undefined,
    magErr: known ? finite(magError(flux, fluxErr)) : undefined,
    snr: known ? flux / fluxErr : undefined,
    flags: numberOf(target.flags) ?? 0,
  };
}

function zeroPointOf({ zeroPoint, zeroPointErr, band }: Plain): EnsembleFrame['zeroPoint'] {
  const value = numberOf(zeroPoint);
  const name = textOf(band);
  return value === undefined || name === undefined
    ? undefined
    : { value, error: numberOf(zeroPointErr) ?? Number.NaN, band: name };
}

function objectOf(value: unknown): Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};
}

function arrayOf(value: unknown): readonly Plain[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? finite(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
