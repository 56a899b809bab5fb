import { Parked } from '../../../base/errors.ts';
import type { PhotometryParcel } from '../../../protocol/photometry.ts';
import { chooseFilter } from './filter-choice.ts';
import { instrumentalCatalogue } from './instrumental-catalogue.ts';

/** What a site says of all its uploads. */
export interface UploadOptions {
  /** Processed by the server, and not stored. */
  readonly dryRun: boolean;
  /** Names of users of BHTOM; their case matters. */
  readonly observers: readonly string[];
  /** Radius of the match to the catalogue, arcseconds; undefined for the server's own. */
  readonly matchRadiusArcsec: number | undefined;
  readonly plots: boolean;
}

export interface UploadForm {
  /** In order; a field may come more than once. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The stars, as an ASCII_HEAD catalogue. */
  readonly catalogue: string;
}

/**
 * One plane's instrumental photometry with one target of it as BHTOM takes it, `photometry` with the time of
 * mid-exposure (UTC, MJD). `oname` is the camera's name at BHTOM.
 * @throws Parked with the reason when the frame cannot be given so.
 */
export function uploadForm(
  product: PhotometryParcel,
  targetName: string,
  oname: string | undefined,
  { dryRun, observers, matchRadiusArcsec, plots }: UploadOptions,
): UploadForm {
  const { frame, targets, instrument } = product;
  if (oname === undefined) {
    throw cannot(`instrument "${instrument}" has no ONAME: put its camera's name at BHTOM into the configuration`);
  }
  const { mjdMid, timeVerdict, timeReasons } = frame;
  if (mjdMid === null || timeVerdict !== 'good') {
    throw cannot(`its time is not sure (${timeReasons?.join('; ') || timeVerdict}), and BHTOM would keep it as it is`);
  }
  const target = targets.find(({ name }) => name === targetName);
  if (!target) throw cannot(`it holds no measurement of "${targetName}"`);
  const catalogue = instrumentalCatalogue(product, target);
  if (typeof catalogue === 'string') throw cannot(catalogue);
  const { filter, reason } = chooseFilter(frame);
  const comment = `${frame.software}; exposure ${frame.exposureId.slice(0, 16)}, plane ${frame.plane}; filter: ${reason}`;
  const fields: [string, string][] = [
    ['target', targetName],
    ['observatory', oname],
    ['filter', filter],
    ['data_product_type', 'photometry'],
    ['mjd', mjdMid.toFixed(8)],
    ['dry_run', pythonBoolean(dryRun)],
    ['no_plot', pythonBoolean(!plots)],
    ['comment', comment],
    ...observers.map((name): [string, string] => ['observers', name]),
    ...(matchRadiusArcsec === undefined ? [] : [['match_dist', String(matchRadiusArcsec)] as [string, string]]),
  ];
  return { fields, catalogue: catalogue.text };
}

const pythonBoolean = (value: boolean): string => (value ? 'True' : 'False');

const cannot = (why: string): Parked => new Parked('BHTOM_UPLOAD', `The frame cannot be given to BHTOM: ${why}.`);
