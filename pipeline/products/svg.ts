/** Colours told apart by all eyes: Okabe & Ito (2008). */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** A line between two points of the picture. */
export function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/** Words centred on a point. */
export function label(x: number, y: number, words: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="middle">${escaped(words)}</text>`;
}

/** A length with as many digits as a picture needs. */
export function round(value: number): number {
  return Number(value.toFixed(2));
}

/** A text from outside as the content of an element or an attribute. */
export function escaped(words: string): string {
  return words
    .replace(/[^\P{Cc}\t]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
