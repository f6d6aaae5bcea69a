import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../shared/weights/checksum.ts';
import { addScaled, firstNotFinite, norm, subtract } from '../../shared/weights/delta.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';

const text = (value: string) => new TextEncoder().encode(value);

test('subtract, and add back', () => {
  const [before, after] = [Float32Array.of(1, 2, 3), Float32Array.of(1.5, 0, 3)];
  const delta = subtract(after, before);
  expect([...delta]).toEqual([0.5, -2, 0]);
  addScaled(before, delta, 1);
  expect(before).toEqual(after);
});

test('addScaled scales', () => {
  const into = Float32Array.of(1, 1);
  addScaled(into, Float32Array.of(2, -4), 0.25);
  expect([...into]).toEqual([1.5, 0]);
});

test('other lengths are refused', () => {
  const [two, three] = [new Float32Array(2), new Float32Array(3)];
  expect(() => subtract(two, three)).toThrow('subtract: 2 numbers and 3');
  expect(() => addScaled(three, two, 1)).toThrow('addScaled: 3 numbers and 2');
});

describe('norm', () => {
  test('of (3, 4) is 5, of nothing 0', () => {
    expect(norm(Float32Array.of(3, -4))).toBe(5);
    expect(norm(new Float32Array(0))).toBe(0);
  });

  test('does not overflow where float32 squares would, nor lose small terms', () => {
    expect(norm(Float32Array.of(3e38, 3e38))).toBeCloseTo(4.2426e38, -34);
    const many = new Float32Array(1_000_000).fill(1e-3);
    expect(norm(many)).toBeCloseTo(1, 6);
  });

  test('is not finite where a value is not', () => {
    expect(norm(Float32Array.of(1, NaN))).toBeNaN();
    expect(norm(Float32Array.of(1, -Infinity))).toBe(Infinity);
  });
});

test('firstNotFinite names the place', () => {
  expect(firstNotFinite(Float32Array.of(0, 1e38, -1e-45))).toBe(-1);
  expect(firstNotFinite(Float32Array.of(0, Infinity, NaN))).toBe(1);
});

describe('checksum', () => {
  // The check value of CRC-32/ISO-HDLC in Greg Cook's catalogue.
  test('of "123456789" is cbf43926', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  test('four bytes at a time as bit by bit, at every length and offset', () => {
    const bitwise = (bytes: Uint8Array) => {
      let crc = 0xffffffff;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
      }
      return ~crc >>> 0;
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), (bytes, offset) => {
        const part = bytes.subarray(Math.min(offset, bytes.length));
        expect(crc32(part)).toBe(bitwise(part));
      }),
    );
  });
});

// FIPS 180-4, the example of a one-block message.
test('the digest of "abc"', async () => {
  expect(await sha256Hex(text('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  expect(await sha256Hex(text('xabc').subarray(1))).toMatch(/^ba7816bf/);
});
