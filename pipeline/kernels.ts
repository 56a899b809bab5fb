import { skyMesh } from './background/mesh.ts';
import { sharpPixels } from './calibration/cosmic-rays.ts';
import { calibrateRows } from './calibration/kernel.ts';
import { binRows, lineVotes } from './calibration/trails.ts';
import type { KernelTable } from './crew.ts';
import { findCompanions } from './detection/companions.ts';
import { findPeaks, weighPeaks } from './detection/peaks.ts';
import { convolveRows } from './difference/convolve.ts';
import { decodeShare } from './fits/decode.ts';
import { formEquations, formPairs } from './model/normal.ts';
import { hideMasked, renderResidual } from './model/render.ts';
import { apertureSums } from './photometry/aperture.ts';
import { plainSums } from './photometry/plain-apertures.ts';
import { saturatedRuns } from './photometry/saturated.ts';
import { shapeNormals } from './psf/shape-normals.ts';
import { psfTables } from './psf/tables.ts';
import { layerMean, layerMedian, layerOutliers } from './stack/combine-rows.ts';
import { resampleRows } from './stack/resample.ts';

/** The kernels that threads may be asked for by name. */
export const kernels = {
  decodeShare,
  calibrateRows,
  saturatedRuns,
  skyMesh,
  renderResidual,
  hideMasked,
  binRows,
  lineVotes,
  sharpPixels,
  findPeaks,
  weighPeaks,
  findCompanions,
  shapeNormals,
  psfTables,
  formEquations,
  formPairs,
  apertureSums,
  plainSums,
  resampleRows,
  layerMedian,
  layerOutliers,
  layerMean,
  convolveRows,
} satisfies KernelTable;

export type Kernels = typeof kernels;
