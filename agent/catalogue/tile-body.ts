import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ProgrammingFault } from '../../base/errors.ts';
import type { StarMagnitudes, StarTable } from './star-table.ts';

/**
 * How the stars of one tile stand in the database: columns one after the other, little-endian, deflated. Magnitudes are
 * kept to 0.5 mmag, their errors to 0.1 mmag; 0 stands for unknown in both.
 *
 *   u32 count · f64 epoch · u8 bands · for each band u8 length, name ·
 *   i64 id · f64 ra · f64 dec · f32 pmra · f32 pmdec · u16 quality · for each band u16 mag · u16 error · u8 doubtful
 */
const magOffset = 4;
const magSteps = 2000;
const errorSteps = 10_000;
const maxU16 = 65_535;

export function encodeTile(table: StarTable): Buffer {
  const { count } = table;
  const names = [...table.bands.keys()];
  const head = names.reduce((bytes, name) => bytes + 1 + Buffer.byteLength(name), 13);
  const writer = new Cursor(Buffer.alloc(head + count * (34 + 5 * names.length)));
  writer.u32(count);
  writer.f64(table.epochYear);
  writer.u8(names.length);
  for (const name of names) writer.text(name);
  for (const value of table.id) writer.i64(value);
  for (const value of table.raDeg) writer.f64(value);
  for (const value of table.decDeg) writer.f64(value);
  for (const value of table.pmRaMasYr) writer.f32(value);
  for (const value of table.pmDecMasYr) writer.f32(value);
  for (const value of table.quality) writer.u16(value);
  for (const { mag, magErr, doubtful } of table.bands.values()) {
    for (const value of mag) writer.u16(inSteps(value + magOffset, magSteps));
    for (const value of magErr) writer.u16(inSteps(value, errorSteps));
    for (const value of doubtful) writer.u8(value);
  }
  return deflateRawSync(writer.bytes);
}

/** @throws ProgrammingFault when the bytes are not a tile: its checksum is for the caller to check first. */
export function decodeTile(body: Uint8Array): StarTable {
  const reader = new Cursor(inflateRawSync(body));
  const count = reader.u32();
  const epochYear = reader.f64();
  const names = Array.from({ length: reader.u8() }, () => reader.text());
  if (reader.left !== count * (34 + 5 * names.length)) {
    throw new ProgrammingFault(
      'TILE_BODY',
      `A tile of ${count} stars in ${names.length} bands has ${reader.left} bytes.`,
    );
  }
  const floats = (next: () => number): Float64Array => Float64Array.from({ length: count }, next);
  const id = BigInt64Array.from({ length: count }, () => reader.i64());
  const [raDeg, decDeg] = [floats(() => reader.f64()), floats(() => reader.f64())];
  const [pmRaMasYr, pmDecMasYr] = [floats(() => reader.f32()), floats(() => reader.f32())];
  const quality = Uint16Array.from({ length: count }, () => reader.u16());
  const bands = new Map<string, StarMagnitudes>();
  for (const name of names) {
    const mag = floats(() => fromSteps(reader.u16(), magSteps) - magOffset);
    const magErr = floats(() => fromSteps(reader.u16(), errorSteps));
    const doubtful = Uint8Array.from({ length: count }, () => reader.u8());
    bands.set(name, { mag, magErr, doubtful });
  }
  return { count, epochYear, id, raDeg, decDeg, pmRaMasYr, pmDecMasYr, quality, bands };
}

function inSteps(value: number, steps: number): number {
  const step = Math.round(value * steps) + 1;
  if (!(step >= 1)) return 0; // not a number, or brighter than any star
  return Math.min(step, maxU16);
}

function fromSteps(step: number, steps: number): number {
  return step === 0 ? Number.NaN : (step - 1) / steps;
}

/** Reads and writes numbers one after the other. */
class Cursor {
  readonly bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  #step(size: number): number {
    const at = this.#at;
    this.#at += size;
    return at;
  }

  u8(value?: number): number {
    const at = this.#step(1);
    return value === undefined ? this.bytes.readUInt8(at) : this.bytes.writeUInt8(value, at);
  }

  u16(value?: number): number {
    const at = this.#step(2);
    return value === undefined ? this.bytes.readUInt16LE(at) : this.bytes.writeUInt16LE(value, at);
  }

  u32(value?: number): number {
    const at = this.#step(4);
    return value === undefined ? this.bytes.readUInt32LE(at) : this.bytes.writeUInt32LE(value, at);
  }

  i64(value: bigint): void;
  i64(): bigint;
  i64(value?: bigint): bigint | undefined {
    const at = this.#step(8);
    if (value === undefined) return this.bytes.readBigInt64LE(at);
    this.bytes.writeBigInt64LE(value, at);
    return undefined;
  }

  f32(value?: number): number {
    const at = this.#step(4);
    return value === undefined ? this.bytes.readFloatLE(at) : this.bytes.writeFloatLE(value, at);
  }

  f64(value?: number): number {
    const at = this.#step(8);
    return value === undefined ? this.bytes.readDoubleLE(at) : this.bytes.writeDoubleLE(value, at);
  }

  text(): string;
  text(value: string): void;
  text(value?: string): string | undefined {
    if (value === undefined) {
      const length = this.u8();
      const at = this.#step(length);
      return this.bytes.toString('utf8', at, at + length);
    }
    this.u8(Buffer.byteLength(value));
    this.#at += this.bytes.write(value, this.#at);
    return undefined;
  }
}
