import type { SimulatedFrame } from '../../../drivers/simulator/camera.ts';

/** An image as ImageBytes: 16 bits from byte 44, or, as some servers have it, 64 bits from byte 48. */
export function imageBytes(
  frame: SimulatedFrame,
  transaction: [client: number, server: number],
  wide: boolean,
): Buffer {
  const { adu, width, height } = frame;
  const [dataStart, type, bytes] = wide ? [48, 7, 8] : [44, 8, 2];
  const body = Buffer.alloc(dataStart + adu.length * bytes);
  const header = [1, 0, ...transaction, dataStart, 2, type, 2, width, height, 0];
  header.forEach((word, i) => {
    body.writeInt32LE(word, 4 * i);
  });
  let at = dataStart;
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++, at += bytes) {
      const value = adu[y * width + x]!;
      if (wide) body.writeBigInt64LE(BigInt(value), at);
      else body.writeUInt16LE(value, at);
    }
  return body;
}

/** The same as arrays of columns. */
export function imageColumns({ adu, width, height }: SimulatedFrame): number[][] {
  return Array.from({ length: width }, (_, x) => Array.from({ length: height }, (_, y) => adu[y * width + x]!));
}
