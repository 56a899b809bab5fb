/** One for each band, told apart by shape as well as by colour. */
const symbols = ['circle', 'square', 'diamond', 'triangle'] as const;

/** A point: a symbol and a colour for its band, its error as a bar, a limit as an arrow. */
export function Mark(props: { band: number; x: number; y: number; isLimit: boolean; barPx: number }) {
  const { band, x, y, isLimit, barPx } = props;
  const symbol = symbols[band % symbols.length];
  return (
    <g class={`mark band-${band % 6}`} transform={`translate(${x} ${y})`}>
      {barPx > 4 && <line y1={-barPx} y2={barPx} />}
      {isLimit ? (
        <path d="M-6,0H6M0,0V10M-4,6L0,11L4,6" class="limit" />
      ) : symbol === 'circle' ? (
        <circle r={4} />
      ) : (
        <path
          d={symbol === 'square' ? 'M-4,-4H4V4H-4Z' : symbol === 'diamond' ? 'M0,-5L5,0L0,5L-5,0Z' : 'M0,-5L5,4H-5Z'}
        />
      )}
    </g>
  );
}

/** The range of values with some room at both ends, `least` at least. */
export function rangeOf(values: readonly number[], least: number): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.06 * (high - low), least / 2);
  return [low - room, high + room];
}

/** Round numbers inside a range, about so many. */
export function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  return multiples(step, low, high);
}

const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360] as const;

/** Round times of day inside a range of hours, about so many at most. */
export function hourTicks(low: number, high: number, count: number): number[] {
  const step = (minutes.find((one) => ((high - low) * 60) / one <= count) ?? 720) / 60;
  return multiples(step, low, high);
}

function multiples(step: number, low: number, high: number): number[] {
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, k) => (first + k) * step);
}
