const cardBytes = 80;
/** A header whose END has not come within so many cards is none that a camera writes. */
const mostCards = 2000;

/** A number of the first header of FITS bytes (FITS Standard 4.0, section 4.2); undefined where it is not there. */
export function headerNumber(fits: Uint8Array, keyword: string): number | undefined {
  const decoder = new TextDecoder('latin1');
  for (let card = 0; card < mostCards && (card + 1) * cardBytes <= fits.length; card++) {
    const text = decoder.decode(fits.subarray(card * cardBytes, (card + 1) * cardBytes));
    if (text.startsWith('END     ')) return undefined;
    if (text.slice(0, 8).trimEnd() !== keyword || text.slice(8, 10) !== '= ') continue;
    const value = Number(text.slice(10).split('/')[0]!.trim().replace(/D/i, 'E'));
    return Number.isFinite(value) ? value : undefined;
  }
  return undefined;
}
