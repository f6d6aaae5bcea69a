// What is one scheme's own; what all of them keep is in tests/conformance.

import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { encode, HEADER_BYTES, open } from '../../shared/weights/codec.ts';
import { norm } from '../../shared/weights/delta.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import { distance, heavyTailed, largestError, normal } from '../kit/deltas.ts';

const there = (id: SchemeId, delta: Float32Array, seed = 2) =>
  open(encode(id, delta, new Random(seed)), { count: delta.length }).decode();

/** Of `messages` messages. */
function meanOf(id: SchemeId, delta: Float32Array, messages: number): Float64Array {
  const random = new Random(2);
  const sum = new Float64Array(delta.length);
  for (let k = 0; k < messages; k++)
    open(encode(id, delta, random), { count: delta.length }).accumulate(sum, 1 / messages);
  return sum;
}

describe('int8', () => {
  test('a number is off by a step of its own block, whatever the others hold', () => {
    const delta = normal(512).map((value) => value * 1e-3);
    delta[0] = 1e6;
    const decoded = there('int8', delta);
    expect(largestError(decoded.subarray(256), delta.subarray(256))).toBeLessThan(5e-5);
    expect(largestError(decoded, delta)).toBeLessThanOrEqual(1e6 / 127 + 1);
  });

  test('a crowd brings back what is below half a step', () => {
    const delta = Float32Array.from({ length: 256 }, (_, i) => (i === 0 ? 127 : 0.3));
    const mean =
      meanOf('int8', delta, 400)
        .subarray(1)
        .reduce((a, b) => a + b) / 255;
    // 102,000 draws of 0 or 1: the standard error is 0.0014.
    expect(mean).toBeGreaterThan(0.294);
    expect(mean).toBeLessThan(0.306);
  });
});

describe('float16', () => {
  test('where bare halves end, at both ends, precision stays', () => {
    for (const scale of [1e-30, 1e-7, 1, 1e5, 1e30]) {
      const delta = normal(256).map((value) => value * scale);
      expect(distance(there('float16', delta), delta)).toBeLessThan(2.2e-4 * norm(delta));
    }
  });

  test('a number is off by at most 2^-11 of itself, down to 2^-28 of its block', () => {
    const delta = Float32Array.from({ length: 200 }, (_, i) => 1.2345 * 2 ** -(i / 8));
    there('float16', delta).forEach((value, i) =>
      expect(Math.abs(value / delta[i]! - 1)).toBeLessThanOrEqual(2 ** -11),
    );
  });
});

describe('int4', () => {
  test('an outlier is spread over its block and not over the next', () => {
    const delta = normal(512);
    delta[3] = 1000;
    const decoded = there('int4', delta);
    expect(distance(decoded.subarray(256), delta.subarray(256))).toBeLessThan(3.2);
    // Its rotated block is near 1000 / 16 everywhere, where sixteen levels are fine.
    expect(distance(decoded.subarray(0, 256), delta.subarray(0, 256))).toBeLessThan(170);
  });
});

test.each(['int4', 'onebit'] as const)('%s turns every message its own way', (id) => {
  const random = new Random(2);
  const seeds = Array.from({ length: 20 }, () => {
    const message = encode(id, normal(256), random);
    return new DataView(message.buffer).getUint32(HEADER_BYTES, true);
  });
  expect(new Set(seeds).size).toBe(20);
});

describe('onebit', () => {
  test('its error is what DRIVE says: 1 - 2 / pi of the squares', () => {
    const delta = heavyTailed(8192);
    const share = (distance(there('onebit', delta), delta) / norm(delta)) ** 2;
    expect(share).toBeCloseTo(1 - 2 / Math.PI, 1.7);
  });

  test('in expectation it shrinks the delta by 2 / pi, and does not bend it', () => {
    const delta = heavyTailed(1024);
    const mean = meanOf('onebit', delta, 400);
    const along = mean.reduce((sum, value, i) => sum + value * delta[i]!, 0) / norm(delta) ** 2;
    expect(along).toBeCloseTo(2 / Math.PI, 2);
    // What is left is noise: 0.48 of the norm in one message, a twentieth of that in 400.
    expect(
      distance(
        mean,
        delta.map((value) => along * value),
      ),
    ).toBeLessThan(0.035 * norm(delta));
  });

  test('one number alone is exact', () => {
    for (const value of [0.1, -3, 1e30])
      expect(there('onebit', Float32Array.of(value))[0]).toBe(Math.fround(value));
  });
});

describe('topk', () => {
  const COUNT = 100;
  const message = () => encode('topk', heavyTailed(COUNT), new Random(1)).slice(HEADER_BYTES);
  const decode = (payload: Uint8Array, count = COUNT) => {
    const out = new Float32Array(count);
    SCHEMES.topk.decodeInto(payload, out);
    return out;
  };
  const carried = (payload: Uint8Array, count = COUNT) =>
    decode(payload, count).filter((x) => x !== 0).length;

  test('takes a 32nd, one at least', () => {
    expect(carried(message())).toBe(4);
    expect(there('topk', Float32Array.of(0, 0.5))).toEqual(Float32Array.of(0, 0.5));
  });

  // For 100 numbers: 4 values of 2 bytes, 20 bits of places in 3 bytes, 8 bits of buckets in 1.
  test('an index told twice counts once', () => {
    const payload = message();
    payload.fill(0, 8, 11);
    payload[11] = 0b00001111;
    expect(carried(payload)).toBe(1);
    const sum = new Float64Array(COUNT);
    SCHEMES.topk.accumulate(payload, sum, 1);
    expect(Float32Array.from(sum)).toEqual(decode(payload));
  });

  test('an index beyond the numbers carries nothing', () => {
    const payload = message();
    payload.fill(0xff, 8, 11);
    // Buckets 0, 1, 2 and 3: of the last only 4 numbers are there.
    payload[11] = 0b01010101;
    expect(carried(payload)).toBe(3);
  });

  test.each([0x00, 0xff])('buckets of bytes %d end the list, not the process', (byte) => {
    const payload = message();
    payload[11] = byte;
    expect(carried(payload)).toBeLessThanOrEqual(4);
  });

  test('the largest float32s stay below infinity', () => {
    const most = 3.4028234663852886e38;
    expect(there('topk', Float32Array.of(most))[0]).toBeGreaterThan(3.38e38);
    expect(there('topk', Float32Array.of(-most))[0]).toBeLessThan(-3.38e38);
  });
});
