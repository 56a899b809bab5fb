import type { FrameRecord, frameRecordVersion } from '../../protocol/frame-record.ts';
import { orientation } from '../astrometry/wcs.ts';
import { type WcsKeywords, wcsToKeywords } from '../astrometry/wcs-keywords.ts';
import type { FrameProduct } from '../reduce.ts';
import { isConfirmed } from '../stages/confirmed.ts';
import type { Location, PlaneStandard, TargetResult } from '../stages/state.ts';
import type { Counterpart } from '../targets/counterpart.ts';
import { mjdNumber } from '../time/mjd.ts';

/** What the pipeline cannot know of its own run. */
export interface RunFacts {
  readonly file: string;
  readonly exposureId: string;
  readonly fileHash: string;
  readonly software: string;
  readonly configHash: string;
  readonly catalogues: readonly string[];
  /** The reference stars that were at hand. */
  readonly reference: { readonly id: string; readonly origin: string; readonly complete: boolean } | undefined;
  /** Of whoever chose masters and reference stars. */
  readonly warnings: readonly string[];
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * The record of one reduced frame as plain data: what `reduce --json` prints, what the database keeps and what every
 * catalogue carries as metadata. Blank values are null. The compiler holds it against the schema that readers check.
 */
export function frameSummary(product: FrameProduct, run: RunFacts) {
  const { facts, calibration, measured, location, standards } = product;
  const { time, sky } = product.circumstances;
  const planes = measured.map(({ plane, measurement }, i) => ({
    plane: plane.name,
    outcome: measurement.outcome.kind,
    reason: measurement.outcome.kind === 'measured' ? null : measurement.outcome.reason,
    nSources: measurement.sources.count,
    fwhmPx: blank(measurement.psf?.fwhmPx, plane.mosaic.step),
    skyE: blank(measurement.skyE),
    skyRmsE: blank(measurement.skyRmsE),
    limitFluxE: blank(measurement.limitFluxE),
    psf: measurement.psf ?? null,
    ...magnitudesOf(standards[i]!),
    standard: standardRecord(standards[i]!),
    transparency: transparencyRecord(standards[i]!),
    warnings: [...measurement.warnings, ...warningsOf(standards[i]!)],
  }));
  const place = located(location, standards);
  const main = planes.find(({ outcome }) => outcome === 'measured') ?? planes[0]!;
  return {
    schema: 1 satisfies typeof frameRecordVersion,
    file: run.file,
    exposureId: run.exposureId,
    fileHash: run.fileHash,
    state: 'reduced' as const,
    outcome: product.outcome,
    ...(main.reason === null ? {} : { reason: main.reason }),
    width: product.width,
    height: product.height,
    catalogues: run.catalogues,
    kind: facts.kind?.value ?? 'light',
    object: facts.object?.value ?? null,
    filter: facts.filter?.value ?? null,
    camera: facts.camera?.value ?? null,
    telescope: facts.telescope?.value ?? null,
    mjdMid: facts.midUtc ? mjdNumber(facts.midUtc.value) : null,
    timeVerdict: time.verdict,
    timeReasons: time.reasons,
    altitudeDeg: blank(sky?.altDeg),
    airmass: blank(product.airmass),
    airmassPerHour: blank(sky?.airmassPerHour),
    sunAltitudeDeg: blank(sky?.sunAltDeg),
    moon: sky
      ? { altitudeDeg: sky.moonAltDeg, litFraction: sky.moonLitFraction, distanceDeg: blank(sky.moonDistanceDeg) }
      : null,
    exposureS: facts.exposureS?.value ?? null,
    nSources: main.nSources,
    fwhmPx: main.fwhmPx,
    skyE: main.skyE,
    gainEPerAdu: calibration.gainEPerAdu,
    gainFrom: calibration.gainFrom,
    readNoiseE: calibration.readNoiseE ?? null,
    saturationAdu: calibration.saturationAdu ?? null,
    linearity: calibration.linearity ?? null,
    limitFluxE: main.limitFluxE,
    zeroPoint: main.zeroPoint,
    zeroPointErr: main.zeroPointErr,
    band: main.band,
    limitingMag: main.limitingMag,
    ...place,
    targets: product.targetResults.map(targetRecord),
    planes,
    masters: { bias: calibration.biasId ?? null, dark: calibration.darkId ?? null, flat: calibration.flatId ?? null },
    reference: run.reference ?? null,
    requestId: facts.requestId?.value ?? null,
    visitId: facts.visitId?.value ?? null,
    software: run.software,
    configHash: run.configHash,
    timings: { ...run.timings } as Record<string, number>,
    warnings: [
      ...run.warnings,
      ...facts.warnings,
      ...product.circumstances.warnings,
      ...locationWarnings(location, place.located.confirmed),
      ...calibration.warnings,
      ...planes.flatMap(({ plane, warnings }) =>
        warnings.map((text) => (plane === 'mono' ? text : `${plane}: ${text}`)),
      ),
    ],
  } satisfies FrameRecord;
}

function located(
  location: Location,
  standards: readonly PlaneStandard[],
): {
  wcs?: WcsKeywords;
  scaleArcsecPerPx?: number;
  located: {
    from: 'solver' | 'header' | null;
    /** Whether solver or reference stars bear it out; positions are a hint where they do not. */
    confirmed: boolean;
    rmsArcsec: number | null;
    nMatched: number | null;
    reason?: string;
  };
} {
  if (location.kind === 'not located') {
    return { located: { from: null, confirmed: false, rmsArcsec: null, nMatched: null, reason: location.reason } };
  }
  const { wcs, from, rmsArcsec, nMatched, reason } = location;
  const confirmed = isConfirmed(location, standards);
  return {
    wcs: wcsToKeywords(wcs),
    scaleArcsecPerPx: orientation(wcs).scaleArcsecPerPx,
    located: {
      ...{ from, confirmed, rmsArcsec: blank(rmsArcsec), nMatched: nMatched ?? null },
      ...(!confirmed && reason !== undefined && { reason }),
    },
  };
}

function locationWarnings(location: Location, isConfirmed: boolean): readonly string[] {
  if (location.kind === 'not located') return [];
  if (isConfirmed) return location.warnings;
  return [
    ...location.warnings,
    `${location.reason}: positions are as the header has them, and targets have no verdict`,
  ];
}

/** The plane's zero point in the band its filter is nearest to; null without one. */
function magnitudesOf(standard: PlaneStandard) {
  if (standard.outcome !== 'standardised')
    return { zeroPoint: null, zeroPointErr: null, band: null, limitingMag: null };
  const { zeroPoint, zeroPointErr, band } = standard.constant;
  return { zeroPoint, zeroPointErr, band, limitingMag: blank(standard.limitingMag) };
}

/** All that was learnt of the plane's zero points, or why there are none. */
function standardRecord(standard: PlaneStandard) {
  if (standard.outcome !== 'standardised') return { outcome: standard.outcome, reason: standard.reason };
  const { outcome, verdict, match, bands, best, place } = standard;
  const { eastArcsec, northArcsec } = match.offset;
  return {
    outcome,
    verdict: {
      band: verdict.band,
      ambiguousWith: verdict.ambiguousWith,
      fromStars: { band: verdict.fromStars.band, ambiguousWith: verdict.fromStars.ambiguousWith },
      // With one candidate there is nothing to lead before.
      margin: blank(verdict.margin),
    },
    nMatched: match.count,
    offsetArcsec: [eastArcsec, northArcsec] as const,
    bands: bands.map((fit) => ({ ...fit })),
    best: { ...best },
    place: { ...place },
  };
}

/** How much of the usual starlight arrived; null without a habit of the setup. */
function transparencyRecord(standard: PlaneStandard) {
  if (standard.outcome !== 'standardised' || !standard.transparency) return null;
  const { warning: _told, ...numbers } = standard.transparency;
  return numbers;
}

function warningsOf(standard: PlaneStandard): readonly string[] {
  return standard.warnings ?? [];
}

function targetRecord(target: TargetResult) {
  return {
    name: target.name,
    plane: target.plane,
    raDeg: target.raDeg,
    decDeg: target.decDeg,
    x: blank(target.pixel?.x),
    y: blank(target.pixel?.y),
    bjdTdb: blank(target.bjdTdb),
    flux: blank(target.flux),
    fluxErr: blank(target.fluxErr),
    ...(target.mag === undefined ? {} : { mag: target.mag, magErr: blank(target.magErr) }),
    ...(target.magBest === undefined ? {} : { magBest: target.magBest, magBestErr: blank(target.magBestErr) }),
    ...(target.limit === undefined ? {} : { limit: target.limit }),
    ...(target.fracFlux === undefined ? {} : { fracFlux: blank(target.fracFlux) }),
    ...(target.host && { host: { ...target.host } }),
    ...(target.remarks.length > 0 && { remarks: target.remarks }),
    flags: target.flags,
    verdict: target.verdict,
    ...(target.reason === undefined ? {} : { reason: target.reason }),
    ...(target.counterpart && { counterpart: counterpartRecord(target.counterpart) }),
  };
}

function counterpartRecord({ kind, words, significance, limit, star, catalogueDepth, archive }: Counterpart) {
  return {
    kind,
    words,
    significance,
    limit: blank(limit),
    catalogueDepth: blank(catalogueDepth),
    star: star
      ? {
          ...{ separationArcsec: star.separationArcsec, separationSigma: star.separationSigma },
          ...{ mag: blank(star.mag), magErr: blank(star.magErr), isVariable: star.isVariable },
          ...{ magDifference: blank(star.magDifference), differenceSigma: blank(star.differenceSigma) },
          chance: star.chance,
        }
      : null,
    archive: archive
      ? {
          ...{ nPoints: archive.nPoints, nDetections: archive.nDetections, varied: archive.varied },
          inBand: archive.inBand ? { ...archive.inBand } : null,
          last: archive.last ? { ...archive.last } : null,
          ...{ magDifference: blank(archive.magDifference), differenceSigma: blank(archive.differenceSigma) },
        }
      : null,
  };
}

export type FrameSummary = ReturnType<typeof frameSummary>;

function blank(value: number | undefined, factor = 1): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value * factor;
}
