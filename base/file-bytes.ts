import { open } from 'node:fs/promises';
import type { ByteSource } from './bytes.ts';

/**
 * Opens a file for reading at any place; `size` is its size at this moment. Close it when done. Rejects with the
 * system's error (ENOENT, EACCES, EISDIR, EBUSY) when it cannot be opened or read.
 */
export async function openFile(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return {
      size,
      async read(offset, length, scratch) {
        const wanted = Math.max(0, Math.min(length, size - offset));
        const fits = scratch !== undefined && scratch.length >= wanted;
        const bytes = fits ? scratch : Buffer.allocUnsafeSlow(wanted);
        let filled = 0;
        while (filled < wanted) {
          const { bytesRead } = await file.read(bytes, filled, wanted - filled, offset + filled);
          if (bytesRead === 0) break; // the file was cut while we read it
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
