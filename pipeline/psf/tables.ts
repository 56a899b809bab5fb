import type { Crew, Kernel } from '../crew.ts';
import type { MoffatConstants } from '../model/moffat.ts';
import { moffatConstants, moffatFwhm, moffatPixel } from '../model/moffat.ts';
import type { PsfField } from '../model/psf-field.ts';
import { evaluatePsf, tableSize } from '../model/psf-field.ts';
import { fieldTerms, termsOfDegree } from '../numeric/polynomial.ts';
import { splineCoefficients } from '../numeric/spline.ts';
import type { ShapeField } from './shape-fit.ts';
import { shapeOf } from './shape-fit.ts';

/**
 * What the Moffat shape leaves over, on the sampling of the tables, per unit flux: one table for each term of a
 * polynomial over the plane (those of `fieldTerms`, in its order).
 */
export interface ResidualTable {
  readonly half: number;
  readonly oversample: number;
  readonly terms: TableTerms;
  /** B-spline coefficients: `terms` tables of size^2. */
  readonly coefficients: Float64Array;
  /** `terms` tables of size^2 samples, shared. */
  readonly samples: Float64Array;
}

/** Terms of a constant and of a linear polynomial. */
export type TableTerms = 1 | 3;

/** The degree of the polynomial that has so many terms. */
export const degreeOfTerms = (terms: TableTerms) => (terms === 1 ? 0 : 1);

export interface TableTask {
  readonly psf: PsfField;
  readonly residual: ResidualTable | undefined;
}

let table = new Float64Array(4096);
const terms = new Float64Array(termsOfDegree(1));

/** Fills the tables of the nodes of one part from their Moffat shapes and the residual table. */
export const psfTables: Kernel<TableTask, void> = (task, part, parts) => {
  const { nodesX, nodesY } = task.psf;
  for (let node = part; node < nodesX * nodesY; node += parts) fillTable(task, node);
};

function fillTable({ psf, residual }: TableTask, node: number): void {
  const { size, oversample, nodesX, nodesY } = psf;
  const area = size * size;
  if (table.length !== area) table = new Float64Array(area);
  const local = table;
  const at = 4 * node;
  const shape = {
    lnAlpha: psf.shapes[at]!,
    e1: psf.shapes[at + 1]!,
    e2: psf.shapes[at + 2]!,
    beta: psf.shapes[at + 3]!,
    pixelPx: psf.pixelPx,
  };
  const k = moffatConstants(shape);
  // The profile is symmetric about its centre: half of the table tells the other.
  for (let row = 0; row <= size >> 1; row++) profileRow(k, row, size, oversample, local);
  if (residual !== undefined) {
    const x = nodesX > 1 ? ((node % nodesX) * (psf.width - 1)) / (nodesX - 1) : psf.width / 2;
    const y = nodesY > 1 ? (Math.floor(node / nodesX) * (psf.height - 1)) / (nodesY - 1) : psf.height / 2;
    fieldTerms(degreeOfTerms(residual.terms), x, y, psf.width, psf.height, terms);
    // The table holds no light in sum (see `fitResidualTable`): the profile's unit flux stands.
    for (let t = 0; t < residual.terms; t++) {
      for (let s = 0; s < area; s++) local[s]! += terms[t]! * residual.samples[t * area + s]!;
    }
  }
  splineCoefficients(local, size);
  psf.tables.set(local, node * area);
}

/** The profile along a row of a table, and along the row opposite. */
function profileRow(k: MoffatConstants, row: number, size: number, oversample: number, table: Float64Array): void {
  const centre = size >> 1;
  const v = (row - centre) / oversample;
  for (let i = 0, at = row * size; i < size; i++, at++) {
    const p = moffatPixel(k, (i - centre) / oversample, v);
    table[at] = p;
    table[size * size - 1 - at] = p;
  }
}

/** Half width of the tables and samples a pixel that suit a PSF: 4.5 FWHM, 3.6 samples over the narrow FWHM at
 * least (cubic splines through them err by less than 1e-3 of the peak). */
export function tableGeometry(fwhmPx: number, narrowFwhmPx: number): { half: number; oversample: number } {
  return {
    half: Math.max(6, Math.ceil(4.5 * fwhmPx)),
    oversample: Math.min(4, Math.max(1, Math.ceil(3.6 / Math.max(1, narrowFwhmPx)))),
  };
}

/** Builds the evaluable PSF of a plane from its shape field and residual table. */
export async function buildPsf(
  field: ShapeField,
  residual: ResidualTable | undefined,
  geometry: { half: number; oversample: number },
  crew: Crew<{ psfTables: typeof psfTables }>,
): Promise<PsfField> {
  const { half, oversample } = geometry;
  const size = tableSize(half, oversample);
  const degree = Math.max(field.degree, residual === undefined ? 0 : degreeOfTerms(residual.terms));
  const nodes = degree > 0 ? 6 * degree + 1 : 1;
  const shapes = new Float64Array(new SharedArrayBuffer(8 * 4 * nodes * nodes));
  for (let j = 0; j < nodes; j++) {
    for (let i = 0; i < nodes; i++) {
      const x = nodes > 1 ? (i * (field.width - 1)) / (nodes - 1) : (field.width - 1) / 2;
      const y = nodes > 1 ? (j * (field.height - 1)) / (nodes - 1) : (field.height - 1) / 2;
      const shape = shapeOf(field, x, y);
      shapes.set([shape.lnAlpha, shape.e1, shape.e2, shape.beta], 4 * (j * nodes + i));
    }
  }
  const bare: PsfField = {
    width: field.width,
    height: field.height,
    nodesX: nodes,
    nodesY: nodes,
    oversample,
    half,
    size,
    tables: new Float32Array(new SharedArrayBuffer(4 * nodes * nodes * size * size)),
    shapes,
    pixelPx: field.pixelPx,
    fwhmPx: moffatFwhm(shapeOf(field, field.width / 2, field.height / 2)),
    sumSquares: 1,
  };
  await crew.run('psfTables', { psf: bare, residual }, Math.min(nodes * nodes, 16));
  return { ...bare, ...widthAndArea(bare) };
}

/** FWHM of the PSF as the pixels see it (from the area above half maximum, in the table) and the sum of squares. */
function widthAndArea(psf: PsfField): { fwhmPx: number; sumSquares: number } {
  const side = 2 * psf.half + 1;
  const x = Math.round(psf.width / 2);
  const y = Math.round(psf.height / 2);
  const value = new Float64Array(side * side);
  evaluatePsf(psf, x, y, x - psf.half, y - psf.half, side, side, value);
  let sumSquares = 0;
  for (const p of value) sumSquares += p * p;
  const peak = value[(side * side - 1) / 2]!;
  const fine = 8;
  const sample = new Float64Array(side * side);
  let above = 0;
  for (let j = 0; j < fine; j++) {
    for (let i = 0; i < fine; i++) {
      const fx = x + (i + 0.5) / fine - 0.5;
      const fy = y + (j + 0.5) / fine - 0.5;
      evaluatePsf(psf, fx, fy, x - psf.half, y - psf.half, side, side, sample);
      for (const p of sample) if (p > peak / 2) above++;
    }
  }
  return { fwhmPx: 2 * Math.sqrt(above / (fine * fine) / Math.PI), sumSquares };
}
