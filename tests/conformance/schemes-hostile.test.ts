// A payload whose length and checksum are right may hold any bytes at all: whoever sends it chose them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Scheme } from '../../shared/weights/schemes/scheme.ts';
import { normal } from '../kit/deltas.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
const COUNTS = [1, 2, 3, 7, 8, 31, 33, 64, 255, 256, 257, 300, 1023, 1024, 1031];
const WEIGHT = 2.5;

/** Everything that a scheme makes of a payload. */
function read(scheme: Scheme, payload: Uint8Array, count: number) {
  const decoded = new Float32Array(count);
  scheme.decodeInto(payload, decoded);
  const sum = Float64Array.from(normal(count));
  scheme.accumulate(payload, sum, WEIGHT);
  return {
    ...{ decoded, sum },
    squares: scheme.squares(payload, count),
    finite: scheme.finite(payload, count),
  };
}

/** The bytes at an offset in a buffer that holds `around` everywhere else. */
function within(around: number, bytes: Uint8Array, offset: number): Uint8Array {
  const buffer = new Uint8Array(bytes.length + 32).fill(around);
  buffer.set(bytes, offset);
  return buffer.subarray(offset, offset + bytes.length);
}

/** Random bytes, with stretches of the same byte: all ones and all zeros are where bit codes break. */
function payloadOf(size: number): fc.Arbitrary<Uint8Array> {
  const random = fc.uint8Array({ minLength: size, maxLength: size });
  const stretch = fc.record({ at: fc.nat(size), length: fc.nat(size), byte: fc.nat(255) });
  return fc.tuple(random, fc.option(stretch)).map(([bytes, same]) => {
    if (same) bytes.fill(same.byte, same.at, same.at + same.length);
    return bytes;
  });
}

/** A payload, and how many numbers it is for. */
const hostile = (scheme: Scheme) =>
  fc
    .constantFrom(...COUNTS)
    .chain((count) =>
      fc.record({ count: fc.constant(count), bytes: payloadOf(scheme.bytes(count)) }),
    );

describe.each(IDS)('scheme %s, whatever its bytes', (id) => {
  const scheme: Scheme = SCHEMES[id];

  test('does not throw, and reads nothing around them at any alignment', () => {
    fc.assert(
      fc.property(hostile(scheme), fc.nat(8), ({ count, bytes }, offset) => {
        const expected = read(scheme, bytes, count);
        for (const around of [0xff, 0x00, 0x55])
          expect(read(scheme, within(around, bytes, offset), count)).toEqual(expected);
      }),
    );
  });

  test('is finite only when all of it is', () => {
    fc.assert(
      fc.property(hostile(scheme), ({ count, bytes }) => {
        const { decoded, sum, squares, finite } = read(scheme, bytes, count);
        if (!finite) return;
        expect(decoded.every(Number.isFinite)).toBe(true);
        expect(sum.every(Number.isFinite)).toBe(true);
        expect(squares).toBeLessThan(Infinity);
      }),
    );
  });

  test('decode, accumulate and squares tell of the same numbers', () => {
    fc.assert(
      fc.property(hostile(scheme), ({ count, bytes }) => {
        const { decoded, sum, squares, finite } = read(scheme, bytes, count);
        if (!finite) return;
        // A float32 is off by 2^-24 of itself, or half a denormal.
        const off = (value: number) => 2 ** -24 * Math.abs(value) + 1e-45;
        normal(count).forEach((start, i) => {
          const value = decoded[i]!;
          const bound = WEIGHT * off(value) + 1e-15 * Math.abs(sum[i]!) + 1e-15 * Math.abs(start);
          expect(Math.abs(sum[i]! - start - WEIGHT * value)).toBeLessThanOrEqual(bound);
        });
        const total = decoded.reduce((all, value) => all + value * value, 0);
        expect(Math.abs(squares - total)).toBeLessThanOrEqual(1e-6 * total + 1e-80);
      }),
    );
  });
});
