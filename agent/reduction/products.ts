import type { PlaneTable } from '../../pipeline/products/plane-table.ts';
import type { FrameSummary } from '../../pipeline/products/summary.ts';
import type { ParcelFrame, PhotometryParcel } from '../../protocol/photometry.ts';
import { packProduct } from '../delivery/pack.ts';
import type { MeasuredProduct } from '../delivery/selection.ts';
import type { ReductionJob } from './job.ts';

/** Columns that travel: a centre refits magnitudes itself, and can form the rest. */
const sentColumns = ['x', 'y', 'ra', 'dec', 'flux', 'flux_err', 'chi2', 'sharp', 'flags', 'fracflux'];

/**
 * The products of one reduction: of each plane the whole frame with its sources, and each target that was measured on it.
 * Nothing in them depends on when they were made: a repeated run gives the same bytes, so that a centre can tell a
 * repetition from a contradiction.
 */
export async function productsOf(
  job: ReductionJob,
  reductionId: string,
  record: FrameSummary,
  tables: readonly PlaneTable[],
): Promise<MeasuredProduct[]> {
  const products: MeasuredProduct[] = [];
  for (const table of tables) {
    const frame = parcelFrameOf(record, table.plane);
    const sources = Object.fromEntries(
      table.columns
        .filter(({ name }) => sentColumns.includes(name))
        .map(({ name, values }) => [name, Array.from(values as ArrayLike<number>, (value) => rounded(value))]),
    );
    const common = { schema: 1 as const, site: job.site, instrument: job.instrument, oname: job.oname, frame };
    const targets = record.targets.filter(({ plane, flux }) => plane === table.plane && flux !== null);
    const whole: PhotometryParcel = { ...common, subject: 'frame', targets, sources };
    products.push({ ...(await packProduct(reductionId, whole)), isDetected: false, isRequested: false });
    for (const target of targets) {
      const own: PhotometryParcel = { ...common, subject: 'target', targets: [target] };
      products.push({
        ...(await packProduct(reductionId, own)),
        isDetected: target.verdict === 'detected',
        isRequested: record.requestId !== null && job.askedFor.includes(target.name),
      });
    }
  }
  return products;
}

function parcelFrameOf(record: FrameSummary, plane: string): ParcelFrame {
  const own = record.planes.find((one) => one.plane === plane)!;
  return {
    file: record.file.split(/[\\/]/).at(-1)!,
    exposureId: record.exposureId,
    fileHash: record.fileHash,
    plane,
    object: record.object,
    filter: record.filter,
    mjdMid: record.mjdMid,
    timeVerdict: record.timeVerdict,
    timeReasons: [...record.timeReasons],
    airmass: record.airmass,
    exposureS: record.exposureS,
    width: record.width,
    height: record.height,
    nSources: own.nSources,
    fwhmPx: own.fwhmPx,
    skyE: own.skyE,
    gainEPerAdu: record.gainEPerAdu,
    readNoiseE: record.readNoiseE,
    limitFluxE: own.limitFluxE,
    zeroPoint: own.zeroPoint,
    zeroPointErr: own.zeroPointErr,
    band: own.band,
    limitingMag: own.limitingMag,
    masters: Object.values(record.masters).filter((id) => id !== null),
    requestId: record.requestId,
    visitId: record.visitId,
    software: record.software,
    configHash: record.configHash,
    warnings: record.warnings,
    outcome: own.outcome,
    ...(record.wcs ? { wcs: record.wcs } : {}),
  };
}

/** Nine significant digits keep a position to a hundredth of a milliarcsecond, in half the bytes. Blank is null. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : null;
}
