import type { Crew } from '../crew.ts';
import type { MoffatShape } from '../model/moffat.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fieldTerms, MAX_DEGREE, termsOfDegree } from '../numeric/polynomial.ts';
import type { ShapeTask, shapeNormals } from './shape-normals.ts';
import { NORMAL_STRIDE, UNKNOWNS } from './shape-normals.ts';

/** A Moffat shape that varies over the plane: polynomials for ln alpha, e1 and e2, one beta. */
export interface ShapeField {
  readonly width: number;
  readonly height: number;
  readonly degree: number;
  /** Coefficients of ln alpha, then e1, then e2. */
  readonly coefficients: Float64Array;
  readonly beta: number;
  /** Side of the square that a pixel gathers light from, in pixels. */
  readonly pixelPx: number;
}

export function constantShape(shape: MoffatShape, width: number, height: number): ShapeField {
  return {
    width,
    height,
    degree: 0,
    coefficients: Float64Array.of(shape.lnAlpha, shape.e1, shape.e2),
    beta: shape.beta,
    pixelPx: shape.pixelPx,
  };
}

const terms = new Float64Array(termsOfDegree(MAX_DEGREE));
const MAX_ELLIPTICITY = 0.9;

export function shapeOf(field: ShapeField, x: number, y: number): MoffatShape {
  const n = termsOfDegree(field.degree);
  fieldTerms(field.degree, x, y, field.width, field.height, terms);
  const value = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    let sum = 0;
    for (let t = 0; t < n; t++) sum += field.coefficients[k * n + t]! * terms[t]!;
    value[k] = sum;
  }
  const e = Math.hypot(value[1]!, value[2]!);
  const limit = e > MAX_ELLIPTICITY ? MAX_ELLIPTICITY / e : 1;
  return { lnAlpha: value[0]!, e1: value[1]! * limit, e2: value[2]! * limit, beta: field.beta, pixelPx: field.pixelPx };
}

/** PSF stars: their cut-outs, and where on the plane the middle pixel of each lies. */
export interface ShapeStars extends Omit<ShapeTask, 'shapes' | 'normals'> {
  readonly width: number;
  readonly height: number;
  readonly px: Float64Array;
  readonly py: Float64Array;
}

export interface ShapeFit {
  readonly field: ShapeField;
  /** Reduced chi square of each star; NaN for a star that the fit rejected. */
  readonly chi2: Float64Array;
  readonly used: number;
}

export interface ShapeFitOptions {
  readonly maxDegree: number;
  readonly fitSky: boolean;
  readonly fitBeta: boolean;
  readonly rounds: number;
}

const SHAPE = 4;

/**
 * Fits the shape of all PSF stars together by Gauss-Newton steps. The flux, position and sky of each star are
 * eliminated from its normal equations (variable projection), which leaves a 4 x 4 matrix of information about the
 * shape there; a polynomial over the plane is fitted to these matrices. Its degree is the one that predicts left-out
 * stars best (five-fold cross-validation on the linearised equations), so it costs no further look at the pixels.
 */
export async function fitShapeField(
  stars: ShapeStars,
  start: ShapeField,
  options: ShapeFitOptions,
  crew: Crew<{ shapeNormals: typeof shapeNormals }>,
): Promise<ShapeFit> {
  const n = stars.count;
  const shapes = new Float64Array(new SharedArrayBuffer(8 * 4 * n));
  const normals = new Float64Array(new SharedArrayBuffer(8 * NORMAL_STRIDE * n));
  const parts = Math.max(1, Math.ceil(n / 12));
  const reduced = new Float64Array(n * SHAPE * SHAPE);
  const gradient = new Float64Array(n * SHAPE);
  const weight = new Float64Array(n).fill(1);
  const chi2 = new Float64Array(n);
  let field = start;
  let lastDegree = -1;
  let settled = Number.POSITIVE_INFINITY;
  for (let round = 0; round < options.rounds; round++) {
    for (let s = 0; s < n; s++) {
      const shape = shapeOf(field, stars.px[s]!, stars.py[s]!);
      shapes.set([shape.lnAlpha, shape.e1, shape.e2, shape.beta], 4 * s);
    }
    await crew.run('shapeNormals', { ...stars, shapes, normals }, parts);
    for (let s = 0; s < n; s++) {
      const at = s * NORMAL_STRIDE + UNKNOWNS * UNKNOWNS + UNKNOWNS;
      chi2[s] = normals[at]! / Math.max(1, normals[at + 1]! - UNKNOWNS);
      if (!reduceStar(normals, s, options.fitSky, reduced, gradient)) weight[s] = 0;
    }
    downweight(chi2, weight, reduced, gradient);
    // The median star's chi square stands still when there is nothing left to learn.
    const typical = median(chi2);
    if (round > 1 && Math.abs(settled - typical) < 0.002 * typical && field.degree === lastDegree) break;
    settled = typical;
    lastDegree = field.degree;
    const degree = chooseDegree(stars, field, reduced, gradient, weight, options);
    field = stepField(stars, field, degree, reduced, gradient, weight, options.fitBeta);
    for (let s = 0; s < n; s++) stepStar(stars, s, field, shapes, normals, options.fitSky);
  }
  let used = 0;
  for (let s = 0; s < n; s++) {
    if (weight[s]! > 0.3) used++;
    else chi2[s] = Number.NaN;
  }
  return { field, chi2, used };
}

/** Eliminates the star's own unknowns; false when they are not determined. */
function reduceStar(
  normals: Float64Array,
  s: number,
  fitSky: boolean,
  reduced: Float64Array,
  gradient: Float64Array,
): boolean {
  const own = fitSky ? 4 : 3;
  const base = s * NORMAL_STRIDE;
  const rhs = base + UNKNOWNS * UNKNOWNS;
  const l = new Float64Array(own * own);
  for (let i = 0; i < own; i++) for (let j = 0; j <= i; j++) l[i * own + j] = normals[base + i * UNKNOWNS + j]!;
  reduced.fill(0, s * SHAPE * SHAPE, (s + 1) * SHAPE * SHAPE);
  gradient.fill(0, s * SHAPE, (s + 1) * SHAPE);
  if (!choleskyFactor(l, own)) return false;
  const column = new Float64Array(own);
  for (let k = 0; k < SHAPE; k++) {
    for (let i = 0; i < own; i++) column[i] = normals[base + (4 + k) * UNKNOWNS + i]!;
    choleskySolve(l, own, column);
    let g = normals[rhs + 4 + k]!;
    for (let i = 0; i < own; i++) g -= column[i]! * normals[rhs + i]!;
    gradient[s * SHAPE + k] = g;
    for (let m = 0; m < SHAPE; m++) {
      let h = normals[base + (4 + Math.max(k, m)) * UNKNOWNS + 4 + Math.min(k, m)]!;
      for (let i = 0; i < own; i++) h -= column[i]! * normals[base + (4 + m) * UNKNOWNS + i]!;
      reduced[(s * SHAPE + k) * SHAPE + m] = h;
    }
  }
  return true;
}

function median(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1] ?? 1;
}

/**
 * Stars that a PSF describes badly lose weight: chi square beyond three times the median star's. What is left is
 * divided by its chi square, which keeps the brightest star from ruling the field by model error alone.
 */
function downweight(chi2: Float64Array, weight: Float64Array, reduced: Float64Array, gradient: Float64Array): void {
  const typical = Math.max(1, median(chi2.filter((_, s) => weight[s]! > 0)));
  for (let s = 0; s < chi2.length; s++) {
    if (weight[s] === 0) continue;
    const excess = chi2[s]! / typical;
    weight[s] = excess < 3 ? 1 : 9 / (excess * excess);
    const scale = weight[s]! / Math.max(1, chi2[s]!);
    for (let k = 0; k < SHAPE * SHAPE; k++) reduced[s * SHAPE * SHAPE + k]! *= scale;
    for (let k = 0; k < SHAPE; k++) gradient[s * SHAPE + k]! *= scale;
  }
}

/** Normal equations of a field: the lower triangle of the matrix, row-major, and the right-hand side. */
interface FieldEquations {
  readonly size: number;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Unknowns of a field: the terms of ln alpha, e1, e2, and one ln(beta - 1). */
const unknownsOf = (degree: number, fitBeta: boolean) => 3 * termsOfDegree(degree) + (fitBeta ? 1 : 0);

/** The equations of the polynomial of a degree that best explains the stars for which `take` is true. */
function fieldEquations(
  stars: ShapeStars,
  degree: number,
  reduced: Float64Array,
  gradient: Float64Array,
  fitBeta: boolean,
  take: (s: number) => boolean,
): FieldEquations {
  const n = termsOfDegree(degree);
  const size = unknownsOf(degree, fitBeta);
  const a = new Float64Array(size * size);
  const b = new Float64Array(size);
  for (let s = 0; s < stars.count; s++) {
    if (!take(s)) continue;
    fieldTerms(degree, stars.px[s]!, stars.py[s]!, stars.width, stars.height, terms);
    for (let k = 0; k < (fitBeta ? 4 : 3); k++) {
      for (let i = 0; i < (k < 3 ? n : 1); i++) {
        const phi = k < 3 ? terms[i]! : 1;
        const row = (k * n + i) * size;
        b[k * n + i]! += phi * gradient[s * SHAPE + k]!;
        for (let m = 0; m <= k; m++) {
          const share = phi * reduced[(s * SHAPE + k) * SHAPE + m]!;
          const last = m < k ? (m < 3 ? n - 1 : 0) : i;
          for (let j = 0; j <= last; j++) a[row + m * n + j]! += share * (m < 3 ? terms[j]! : 1);
        }
      }
    }
  }
  return { size, a, b };
}

/**
 * The equations of a lower degree, without the stars of one fold: terms are ordered by degree, so those of a lower one are
 * among those of `top`.
 */
function without(all: FieldEquations, fold: FieldEquations, top: number, degree: number, fitBeta: boolean) {
  const n = termsOfDegree(degree);
  const size = unknownsOf(degree, fitBeta);
  const place = (i: number) => Math.floor(i / n) * termsOfDegree(top) + (i % n);
  const a = new Float64Array(size * size);
  const b = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    b[i] = all.b[place(i)]! - fold.b[place(i)]!;
    for (let j = 0; j <= i; j++) {
      const from = place(i) * all.size + place(j);
      a[i * size + j] = all.a[from]! - fold.a[from]!;
    }
  }
  return { size, a, b };
}

/** Solves the equations in place, very weakly regularised; undefined when they do not determine the field. */
function solved({ size, a, b }: FieldEquations): Float64Array | undefined {
  for (let i = 0; i < size; i++) a[i * size + i]! *= 1 + 1e-6;
  if (!choleskyFactor(a, size)) return undefined;
  choleskySolve(a, size, b);
  return b;
}

/**
 * The shape a star asks for is its current one plus a step, so equations are set up for full values: the gradient is
 * moved by (information x current value), and the polynomial of any degree is fitted to the same equations.
 */
function fullGradient(
  stars: ShapeStars,
  field: ShapeField,
  reduced: Float64Array,
  gradient: Float64Array,
): Float64Array {
  const full = gradient.slice();
  for (let s = 0; s < stars.count; s++) {
    const shape = shapeOf(field, stars.px[s]!, stars.py[s]!);
    const now = [shape.lnAlpha, shape.e1, shape.e2];
    for (let k = 0; k < SHAPE; k++)
      for (let m = 0; m < 3; m++) full[s * SHAPE + k]! += reduced[(s * SHAPE + k) * SHAPE + m]! * now[m]!;
  }
  return full;
}

const FOLDS = 5;

function chooseDegree(
  stars: ShapeStars,
  field: ShapeField,
  reduced: Float64Array,
  gradient: Float64Array,
  weight: Float64Array,
  options: ShapeFitOptions,
): number {
  const full = fullGradient(stars, field, reduced, gradient);
  const isValid = (s: number) => weight[s]! > 0.3;
  const valid = weight.reduce((count, _, s) => count + (isValid(s) ? 1 : 0), 0);
  let top = 0;
  while (top < options.maxDegree && valid >= 4 * termsOfDegree(top + 1)) top++;
  const { fitBeta } = options;
  const equations = (take: (s: number) => boolean) => fieldEquations(stars, top, reduced, full, fitBeta, take);
  const all = equations(isValid);
  const folds = Array.from({ length: FOLDS }, (_, fold) => equations((s) => isValid(s) && s % FOLDS === fold));
  let best = 0;
  let bestLoss = Number.POSITIVE_INFINITY;
  for (let degree = 0; degree <= top; degree++) {
    let loss = 0;
    for (let fold = 0; fold < FOLDS && loss < Number.POSITIVE_INFINITY; fold++) {
      const solution = solved(without(all, folds[fold]!, top, degree, fitBeta));
      if (solution === undefined) {
        loss = Number.POSITIVE_INFINITY;
        break;
      }
      for (let s = fold; s < stars.count; s += FOLDS) {
        if (isValid(s)) loss += starLoss(stars, s, degree, solution, fitBeta, reduced, full);
      }
    }
    // Another degree must predict better by more than the chance gain of its terms.
    if (loss < bestLoss - 2 * (degree + 1)) {
      bestLoss = loss;
      best = degree;
    }
  }
  return best;
}

/** Chi square of star s under the polynomial, up to a constant. */
function starLoss(
  stars: ShapeStars,
  s: number,
  degree: number,
  solution: Float64Array,
  fitBeta: boolean,
  reduced: Float64Array,
  full: Float64Array,
): number {
  const n = termsOfDegree(degree);
  fieldTerms(degree, stars.px[s]!, stars.py[s]!, stars.width, stars.height, terms);
  const value = [0, 0, 0, fitBeta ? solution[3 * n]! : 0];
  for (let k = 0; k < 3; k++) for (let t = 0; t < n; t++) value[k]! += solution[k * n + t]! * terms[t]!;
  let loss = 0;
  for (let k = 0; k < SHAPE; k++) {
    loss -= 2 * value[k]! * full[s * SHAPE + k]!;
    for (let m = 0; m < SHAPE; m++) loss += value[k]! * value[m]! * reduced[(s * SHAPE + k) * SHAPE + m]!;
  }
  return loss;
}

function stepField(
  stars: ShapeStars,
  field: ShapeField,
  degree: number,
  reduced: Float64Array,
  gradient: Float64Array,
  weight: Float64Array,
  fitBeta: boolean,
): ShapeField {
  const full = fullGradient(stars, field, reduced, gradient);
  const solution = solved(fieldEquations(stars, degree, reduced, full, fitBeta, (s) => weight[s]! > 0));
  if (solution === undefined) return field;
  const n = termsOfDegree(degree);
  const lnBeta = Math.log(field.beta - 1) + (fitBeta ? Math.min(0.4, Math.max(-0.4, solution[3 * n]!)) : 0);
  const beta = Math.min(8, Math.max(1.4, 1 + Math.exp(lnBeta)));
  const next = { ...field, degree, coefficients: solution.slice(0, 3 * n), beta };
  return damped(stars, field, next, weight);
}

/** No star's image changes its width by more than half, or its ellipticity by more than this, in one step. */
const LONGEST_STEP = 0.4;

/**
 * The equations are linear only near their solution: from far away a full step overshoots to images of no width. So a
 * step that is too long at any used star is shortened for all.
 */
function damped(stars: ShapeStars, from: ShapeField, to: ShapeField, weight: Float64Array): ShapeField {
  let longest = 0;
  for (let s = 0; s < stars.count; s++) {
    if (weight[s] === 0) continue;
    const before = shapeOf(from, stars.px[s]!, stars.py[s]!);
    const after = shapeOf(to, stars.px[s]!, stars.py[s]!);
    const turn = Math.hypot(after.e1 - before.e1, after.e2 - before.e2);
    longest = Math.max(longest, Math.abs(after.lnAlpha - before.lnAlpha), turn);
  }
  if (!(longest > LONGEST_STEP)) return to;
  const share = LONGEST_STEP / longest;
  const degree = Math.max(from.degree, to.degree);
  const n = termsOfDegree(degree);
  const coefficients = new Float64Array(3 * n);
  for (const [field, part] of [
    [from, 1 - share],
    [to, share],
  ] as const) {
    const own = termsOfDegree(field.degree);
    for (let k = 0; k < 3; k++)
      for (let t = 0; t < own; t++) coefficients[k * n + t]! += part * field.coefficients[k * own + t]!;
  }
  const lnBeta = (1 - share) * Math.log(from.beta - 1) + share * Math.log(to.beta - 1);
  return { ...to, degree, coefficients, beta: 1 + Math.exp(lnBeta) };
}

/** Moves a star's own unknowns by what its equations ask for, given the step that the shape took there. */
function stepStar(
  stars: ShapeStars,
  s: number,
  field: ShapeField,
  shapes: Float64Array,
  normals: Float64Array,
  fitSky: boolean,
): void {
  const own = fitSky ? 4 : 3;
  const base = s * NORMAL_STRIDE;
  const rhs = base + UNKNOWNS * UNKNOWNS;
  const next = shapeOf(field, stars.px[s]!, stars.py[s]!);
  const moved = [
    next.lnAlpha - shapes[4 * s]!,
    next.e1 - shapes[4 * s + 1]!,
    next.e2 - shapes[4 * s + 2]!,
    Math.log((next.beta - 1) / (shapes[4 * s + 3]! - 1)),
  ];
  const l = new Float64Array(own * own);
  const b = new Float64Array(own);
  for (let i = 0; i < own; i++) {
    for (let j = 0; j <= i; j++) l[i * own + j] = normals[base + i * UNKNOWNS + j]!;
    b[i] = normals[rhs + i]!;
    for (let k = 0; k < SHAPE; k++) b[i]! -= normals[base + (4 + k) * UNKNOWNS + i]! * moved[k]!;
  }
  if (!choleskyFactor(l, own)) return;
  choleskySolve(l, own, b);
  const at = 4 * s;
  stars.stars[at + 2] = Math.max(0.2 * stars.stars[at + 2]!, stars.stars[at + 2]! + b[0]!);
  stars.stars[at]! += Math.min(0.5, Math.max(-0.5, b[1]!));
  stars.stars[at + 1]! += Math.min(0.5, Math.max(-0.5, b[2]!));
  if (fitSky) stars.stars[at + 3]! += b[3]!;
}
