import { Parked } from '../../../base/errors.ts';
import { filters } from '../../../config/filters.ts';
import type { PhotometryParcel } from '../../../protocol/photometry.ts';
import { bhtomCsv } from '../../exports/bhtom-csv.ts';
import { parcelPoint } from '../../exports/parcel-point.ts';
import { chooseFilter } from './filter-choice.ts';
import { instrumentalCatalogue } from './instrumental-catalogue.ts';

/** What a site says of all its uploads. */
export interface UploadOptions {
  /** `photometry` of all stars, which BHTOM calibrates; or our own magnitude or limit, `photometry_csv`. */
  readonly type: UploadType;
  /** Processed by the server, and not stored. */
  readonly dryRun: boolean;
  /** Names of users of BHTOM; their case matters. */
  readonly observers: readonly string[];
  /** Radius of the match to the catalogue, arcseconds; undefined for the server's own. */
  readonly matchRadiusArcsec: number | undefined;
  readonly plots: boolean;
}

export type UploadType = 'photometry' | 'photometry_csv';

export interface UploadForm {
  /** In order; a field may come more than once. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The stars as an ASCII_HEAD catalogue, or the target's point as CSV. */
  readonly file: { readonly extension: 'dat' | 'csv'; readonly content: string };
}

/**
 * One target of one plane as BHTOM takes it. `oname` is the camera's name at BHTOM.
 * @throws Parked with the reason when the frame cannot be given so.
 */
export function uploadForm(
  product: PhotometryParcel,
  targetName: string,
  oname: string | undefined,
  options: UploadOptions,
): UploadForm {
  return options.type === 'photometry'
    ? instrumentalForm(product, targetName, oname, options)
    : pointForm(product, targetName, oname, options);
}

/** Our own point, in a table of one line. The facility is free text here. */
function pointForm(product: PhotometryParcel, target: string, oname: string | undefined, options: UploadOptions) {
  const point = parcelPoint(product, target, filters);
  if (typeof point === 'string') throw cannot(point);
  const { site, instrument, software, exposureId, plane } = point;
  const comment = `${software}; exposure ${exposureId.slice(0, 16)}, plane ${plane}`;
  const fields = [
    ['target', target],
    ['observatory', oname ?? `${site} ${instrument}`],
    ['filter', 'no'],
    ['data_product_type', 'photometry_csv'],
    ...commonFields(options, comment),
  ] as const;
  return { fields, file: { extension: 'csv', content: bhtomCsv([point]) } } as const;
}

/** The plane's instrumental photometry, `photometry` with the time of mid-exposure (UTC, MJD). */
function instrumentalForm(
  product: PhotometryParcel,
  targetName: string,
  oname: string | undefined,
  options: UploadOptions,
): UploadForm {
  const { matchRadiusArcsec } = options;
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
    ...commonFields(options, comment),
    ...(matchRadiusArcsec === undefined ? [] : [['match_dist', String(matchRadiusArcsec)] as [string, string]]),
  ];
  return { fields, file: { extension: 'dat', content: catalogue.text } };
}

function commonFields({ dryRun, plots, observers }: UploadOptions, comment: string): [string, string][] {
  return [
    ['dry_run', pythonBoolean(dryRun)],
    ['no_plot', pythonBoolean(!plots)],
    ['comment', comment],
    ...observers.map((name): [string, string] => ['observers', name]),
  ];
}

const pythonBoolean = (value: boolean): string => (value ? 'True' : 'False');

const cannot = (why: string): Parked => new Parked('BHTOM_UPLOAD', `The frame cannot be given to BHTOM: ${why}.`);
