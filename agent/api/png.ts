import { crc32 } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A grey picture of 8 bits as PNG (ISO/IEC 15948): `grey` is row-major, `width * height`, the top row first. `deflate` makes
 * a zlib stream.
 */
export function encodePng(
  grey: Uint8Array,
  width: number,
  height: number,
  deflate: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8); // depth, grey, deflate, filters by row, not interlaced
  const rows = new Uint8Array((width + 1) * height); // each row begins with its filter: none
  for (let j = 0; j < height; j++) rows.set(grey.subarray(j * width, (j + 1) * width), j * (width + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflate(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
