/** A square complex image of n x n, row-major; n is a power of two. */
export interface ComplexImage {
  readonly n: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function complexImage(n: number): ComplexImage {
  return { n, re: new Float64Array(n * n), im: new Float64Array(n * n) };
}

/** The discrete Fourier transform of an image, in place: exponent -2 pi i, or +2 pi i and 1 / n^2 when `inverse`. */
export function transform({ n, re, im }: ComplexImage, inverse = false): void {
  const line = new LineTransform(n, inverse ? 1 : -1);
  for (let j = 0; j < n; j++) line.run(re, im, j * n, 1);
  for (let i = 0; i < n; i++) line.run(re, im, i, n);
  if (!inverse) return;
  const scale = 1 / (n * n);
  for (let p = 0; p < n * n; p++) {
    re[p]! *= scale;
    im[p]! *= scale;
  }
}

/** Radix-2 transform of one row or column (Cooley & Tukey 1965, Math. Comp. 19, 297). */
class LineTransform {
  readonly #n: number;
  readonly #reversed: Int32Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(n: number, sign: 1 | -1) {
    const bits = Math.log2(n);
    if (!Number.isInteger(bits)) throw new RangeError(`${n} is no power of two`);
    this.#n = n;
    this.#reversed = new Int32Array(n);
    for (let k = 1; k < n; k++) this.#reversed[k] = (this.#reversed[k >> 1]! >> 1) | ((k & 1) << (bits - 1));
    this.#cos = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
    this.#sin = Float64Array.from({ length: n / 2 }, (_, k) => sign * Math.sin((2 * Math.PI * k) / n));
    this.#re = new Float64Array(n);
    this.#im = new Float64Array(n);
  }

  run(re: Float64Array, im: Float64Array, from: number, step: number): void {
    const n = this.#n;
    const [a, b] = [this.#re, this.#im];
    for (let k = 0; k < n; k++) {
      a[this.#reversed[k]!] = re[from + k * step]!;
      b[this.#reversed[k]!] = im[from + k * step]!;
    }
    for (let half = 1; half < n; half *= 2) {
      const turn = n / (2 * half);
      for (let block = 0; block < n; block += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [c, s] = [this.#cos[k * turn]!, this.#sin[k * turn]!];
          const p = block + k;
          const q = p + half;
          const x = a[q]! * c - b[q]! * s;
          const y = a[q]! * s + b[q]! * c;
          a[q] = a[p]! - x;
          b[q] = b[p]! - y;
          a[p]! += x;
          b[p]! += y;
        }
      }
    }
    for (let k = 0; k < n; k++) {
      re[from + k * step] = a[k]!;
      im[from + k * step] = b[k]!;
    }
  }
}
