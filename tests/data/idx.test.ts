import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeIdx, encodeIdx } from '../../client/data/idx.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 });
const product = (shape: number[]): number => shape.reduce((count, size) => count * size, 1);

const uint8Arrays = shapes.chain((shape) => {
  const length = product(shape);
  const data = fc.uint8Array({ minLength: length, maxLength: length });
  return fc.record({ shape: fc.constant(shape), data });
});
const int16Arrays = shapes.chain((shape) => {
  const length = product(shape);
  const data = fc.int16Array({ minLength: length, maxLength: length });
  return fc.record({ shape: fc.constant(shape), data });
});

/** Two rows of three bytes, as the format's description writes them. */
const SMALL = [0, 0, 0x08, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255];
const changed = (at: number, value: number): Uint8Array => {
  const bytes = Uint8Array.from(SMALL);
  bytes[at] = value;
  return bytes;
};

describe('IDX', () => {
  test('reads and writes the bytes that the format describes', () => {
    const array = { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) };
    expect(decodeIdx(Uint8Array.from(SMALL))).toEqual(array);
    expect([...encodeIdx(array.shape, array.data)]).toEqual(SMALL);
  });

  test('int16 values are big-endian and signed', () => {
    const bytes = [0, 0, 0x0b, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe];
    expect(decodeIdx(Uint8Array.from(bytes))).toEqual({ shape: [2], data: Int16Array.of(258, -2) });
    expect([...encodeIdx([2], Int16Array.of(258, -2))]).toEqual(bytes);
  });

  test('what was written reads back the same', () => {
    fc.assert(
      fc.property(fc.oneof(uint8Arrays, int16Arrays), ({ shape, data }) => {
        expect(decodeIdx(encodeIdx(shape, data))).toEqual({ shape, data });
      }),
    );
  });

  test('a view into a larger buffer is read from its own start, and copied', () => {
    const padded = Uint8Array.from([9, 9, 9, ...SMALL, 9]);
    const { data } = decodeIdx(padded.subarray(3, 3 + SMALL.length));
    padded.fill(0);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 255]);
  });

  test('any cut or any extra byte is refused', () => {
    fc.assert(
      fc.property(fc.oneof(uint8Arrays, int16Arrays), fc.nat(), ({ shape, data }, cut) => {
        const bytes = encodeIdx(shape, data);
        expect(() => decodeIdx(bytes.subarray(0, cut % bytes.length))).toThrow(/^IDX: /);
        expect(() => decodeIdx(Uint8Array.from([...bytes, 0]))).toThrow(/trailing bytes/);
      }),
    );
  });
});

describe('IDX refuses', () => {
  test.each([
    ['an empty file', new Uint8Array(0), /0 bytes are too few for a header \(want at least 4\)/],
    ['a bad first byte', changed(0, 7), /starts with 0x07 0x00, want 0x00 0x00/],
    ['a bad second byte', changed(1, 7), /starts with 0x00 0x07, want 0x00 0x00/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), /this is gzip: unpack it first/],
    ['float32', changed(2, 0x0d), /type 0x0d is not supported \(want 0x08 uint8 or 0x0b int16\)/],
    ['no dimensions', changed(3, 0), /0 dimensions, want at least 1/],
    ['a cut header', Uint8Array.from(SMALL.slice(0, 9)), /truncated header, 9 bytes .*\(want 12\)/],
    ['cut values', Uint8Array.from(SMALL.slice(0, 17)), /truncated, 17 bytes .* 2 x 3 \(want 18\)/],
    ['extra bytes', Uint8Array.from([...SMALL, 0]), /trailing bytes, 19 bytes .*\(want 18\)/],
    ['a size its bytes cannot hold', changed(4, 0x10), /truncated/],
    [
      'an element count that overflows',
      Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255),
      /4294967295 x 4294967295 has too many elements/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeIdx(bytes)).toThrow(message);
  });

  test.each([
    ['no shape', [], /0 dimensions, want 1 to 255/],
    ['a fraction', [1.5], /dimension 1.5 is not an integer/],
    ['a negative size', [-1], /dimension -1 is not an integer/],
    ['a shape that does not fit', [2, 2], /3 values for shape 2 x 2 \(want 4\)/],
    ['a shape that overflows', [65536, 65536], /too many elements/],
  ])('to write %s', (_, shape, message) => {
    expect(() => encodeIdx(shape, new Uint8Array(3))).toThrow(message);
  });
});
