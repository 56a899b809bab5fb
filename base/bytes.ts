/** Bytes that can be read at any place: a file, memory, or what a decompressor made. Reads never go beyond `size`. */
export interface ByteSource {
  readonly size: number;
  /**
   * The `length` bytes from `offset`; shorter only where the source ends. The result may be a view: do not write to it. With
   * `scratch` of that length the bytes may be put there, which spares new memory for each of many reads.
   */
  read(offset: number, length: number, scratch?: Uint8Array): Promise<Uint8Array>;
}

/** A source over bytes already in memory. */
export function memoryBytes(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, Math.min(offset + length, bytes.length)),
  };
}

/** The same bytes, read ahead in windows, for many small reads that go mostly forward. */
export function readAhead(source: ByteSource, windowBytes = 1 << 20): ByteSource {
  let start = 0;
  let window: Uint8Array = new Uint8Array(0);
  return {
    size: source.size,
    async read(offset, length) {
      if (offset < start || offset + length > start + window.length) {
        window = await source.read(offset, Math.max(length, windowBytes));
        start = offset;
      }
      return window.subarray(offset - start, offset - start + length);
    },
  };
}
