/**
 * Decodes base64 that comes in pieces of any length, with blanks and line ends between; nothing of the whole is kept.
 * @throws RangeError for a character that is not base64
 */
export class Base64Stream {
  #rest = '';

  /** The bytes that this piece completes. */
  push(piece: string): Uint8Array {
    const text = this.#rest + piece.replace(/[\s]+/g, '');
    if (/[^A-Za-z0-9+/=]/.test(text)) throw new RangeError('it holds characters that are not base64');
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    return Buffer.from(text.slice(0, whole), 'base64');
  }

  /** Whether nothing is left over. */
  get isWhole(): boolean {
    return this.#rest === '';
  }
}
