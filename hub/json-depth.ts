/** Deeper than anything the protocol says, and far from what makes a parser slow. */
export const deepestJson = 64;

/** Whether objects and arrays of a JSON text stand deeper in each other than allowed. Looks at the bytes only. */
export function isTooDeep(json: Uint8Array, most: number = deepestJson): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > most) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
