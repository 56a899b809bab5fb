import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readImageArray, readImageBytes } from '../../../../drivers/alpaca/wire/image-bytes.ts';

interface Given {
  readonly width: number;
  readonly height: number;
  readonly planes?: number;
  readonly type: number;
  readonly dataStart?: number;
  readonly error?: number;
  readonly rank?: number;
  readonly version?: number;
}

const writers: Record<number, [bytes: number, write: (view: DataView, at: number, value: number) => void]> = {
  1: [2, (view, at, value) => view.setInt16(at, value, true)],
  2: [4, (view, at, value) => view.setInt32(at, value, true)],
  3: [8, (view, at, value) => view.setFloat64(at, value, true)],
  4: [4, (view, at, value) => view.setFloat32(at, value, true)],
  5: [8, (view, at, value) => view.setBigUint64(at, BigInt(value), true)],
  6: [1, (view, at, value) => view.setUint8(at, value)],
  7: [8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)],
  8: [2, (view, at, value) => view.setUint16(at, value, true)],
  9: [4, (view, at, value) => view.setUint32(at, value, true)],
};

/** An answer whose pixel (x, y) of a plane has the given value, written as the specification orders it. */
function answer(given: Given, valueAt: (x: number, y: number, plane: number) => number): Uint8Array {
  const { width, height, planes = 1, type, dataStart = 44, error = 0, version = 1 } = given;
  const rank = given.rank ?? (planes > 1 ? 3 : 2);
  const [bytes, write] = writers[type]!;
  const body = new Uint8Array(dataStart + width * height * planes * bytes);
  const view = new DataView(body.buffer);
  [version, error, 7, 8, dataStart, 2, type, rank, width, height, rank === 3 ? planes : 0].forEach((word, i) => {
    view.setInt32(4 * i, word, true);
  });
  let at = dataStart;
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++)
      for (let plane = 0; plane < planes; plane++, at += bytes) write(view, at, valueAt(x, y, plane));
  return body;
}

describe('the image of an Alpaca camera', () => {
  for (const type of Object.keys(writers).map(Number)) {
    it(`has its columns turned into rows (element type ${type})`, () => {
      const image = readImageBytes(
        answer({ width: 130, height: 67, type }, (x, y) => (x + 3 * y) % 251),
        'the camera',
      );
      assert.deepEqual([image.width, image.height, image.planes], [130, 67, 1]);
      assert.ok(image.pixels instanceof Uint16Array);
      for (let y = 0; y < 67; y++)
        for (let x = 0; x < 130; x++) assert.equal(image.pixels[y * 130 + x], (x + 3 * y) % 251);
    });
  }

  it('has its colour planes one after the other', () => {
    const body = answer({ width: 5, height: 4, planes: 3, type: 8 }, (x, y, plane) => 1000 * plane + 10 * y + x);
    const { pixels, planes } = readImageBytes(body, 'the camera');
    assert.equal(planes, 3);
    assert.equal(pixels[2 * 20 + 3 * 5 + 4], 2034);
  });

  it('begins where the header says, also in a buffer that is part of another', () => {
    const whole = answer({ width: 3, height: 2, type: 2, dataStart: 48 }, (x, y) => 70_000 + 10 * y + x);
    const shifted = new Uint8Array(whole.length + 3);
    shifted.set(whole, 3);
    const { pixels } = readImageBytes(shifted.subarray(3), 'the camera');
    assert.deepEqual([...pixels], [70_000, 70_001, 70_002, 70_010, 70_011, 70_012]);
  });

  it('keeps negative values and fractions', () => {
    assert.deepEqual(
      [
        ...readImageBytes(
          answer({ width: 2, height: 1, type: 1 }, (x) => x - 1),
          'c',
        ).pixels,
      ],
      [-1, 0],
    );
    assert.deepEqual(
      [
        ...readImageBytes(
          answer({ width: 2, height: 1, type: 3 }, (x) => x + 0.5),
          'c',
        ).pixels,
      ],
      [0.5, 1.5],
    );
    assert.deepEqual(
      [
        ...readImageBytes(
          answer({ width: 1, height: 1, type: 5 }, () => 2 ** 40),
          'c',
        ).pixels,
      ],
      [2 ** 40],
    );
  });

  it("tells the device's own error", () => {
    const body = answer({ width: 1, height: 1, type: 6, error: 0x40b }, () => 'x'.charCodeAt(0));
    assert.throws(() => readImageBytes(body, 'the camera'), { code: 'ALPACA_0X40B', message: /0X40B: x/ });
  });

  it('is refused when it is cut short, of an unknown kind or beyond all size', () => {
    const good = answer({ width: 4, height: 4, type: 8 }, () => 1);
    const faulty: [Uint8Array, RegExp][] = [
      [good.subarray(0, good.length - 1), /ends after/],
      [good.subarray(0, 20), /20 bytes only/],
      [answer({ width: 1, height: 1, type: 8, version: 2 }, () => 1), /version/],
      [answer({ width: 1, height: 1, type: 8, rank: 1 }, () => 1), /rank 1/],
    ];
    const huge = answer({ width: 1, height: 1, type: 8 }, () => 1);
    new DataView(huge.buffer).setInt32(32, 2 ** 30, true);
    faulty.push([huge, /measures|ends after/]);
    const unknown = answer({ width: 1, height: 1, type: 8 }, () => 1);
    new DataView(unknown.buffer).setInt32(24, 11, true);
    faulty.push([unknown, /unknown type 11/]);
    for (const [body, reason] of faulty) assert.throws(() => readImageBytes(body, 'the camera'), reason);
  });

  it('is the same from JSON', () => {
    assert.deepEqual(
      readImageArray(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        'c',
      ),
      { width: 3, height: 2, planes: 1, pixels: Uint16Array.of(1, 3, 5, 2, 4, 6) },
    );
    assert.deepEqual([...readImageArray([[[1, 2, 3]], [[4, 5, 6]]], 'c').pixels], [1, 4, 2, 5, 3, 6]);
    for (const value of [[[1, 2], [3]], [], [['a']], null, 5])
      assert.throws(() => readImageArray(value, 'c'), /rectangle/);
  });
});
