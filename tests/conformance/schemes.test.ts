import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { encode, messageBytes, open } from '../../shared/weights/codec.ts';
import { norm } from '../../shared/weights/delta.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Scheme } from '../../shared/weights/schemes/scheme.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
const COUNTS = [1, 2, 3, 255, 256, 257, 511, 1023, 5000];
const HEADER = 20;
const finite = { noNaN: true, noDefaultInfinity: true } as const;

/** Largest error of one value, as a share of the delta's largest magnitude. A new scheme adds its own. */
const TOLERANCE: Record<SchemeId, number> = { float32: 0, int8: 1 / 127 + 1e-6 };

const normal = (count: number, seed = 1) => {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
};

function largestError(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

test('every scheme is a file, and its number its own', () => {
  const files = readdirSync(new URL('../../shared/weights/schemes', import.meta.url));
  const plugins = files.filter((file) => !['index.ts', 'scheme.ts'].includes(file));
  expect(plugins.map((file) => file.replace('.ts', '')).sort()).toEqual([...IDS].sort());
  const numbers = IDS.map((id) => SCHEMES[id].number);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const number of numbers) expect(number).toSatisfy((n: number) => n >= 1 && n <= 255);
});

describe.each(IDS)('scheme %s: what it carries', (id) => {
  const scheme: Scheme = SCHEMES[id];

  test.each(COUNTS)('takes exactly as many bytes as it says, for %d values', (count) => {
    const bytes = encode(id, normal(count), new Random(2));
    expect(bytes.length).toBe(HEADER + scheme.bytes(count));
    expect(messageBytes(id, count)).toBe(bytes.length);
  });

  test.each(COUNTS)('brings %d values back within its tolerance', (count) => {
    const delta = normal(count);
    const largest = Math.max(...delta.map(Math.abs));
    const opened = open(encode(id, delta, new Random(2)), { count, scheme: id });
    expect(opened).toMatchObject({ scheme: id, count });
    expect(largestError(opened.decode(), delta)).toBeLessThanOrEqual(TOLERANCE[id] * largest);
    expect(opened.norm()).toBeCloseTo(norm(opened.decode()), 3);
    opened.assertFinite();
  });

  test('brings back any finite floats, from denormals to the largest', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 600, ...finite }), (delta) => {
        const opened = open(encode(id, delta, new Random(2)), { count: delta.length });
        const largest = delta.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        // 1e-45: among denormals a step cannot be smaller than one.
        const bound = TOLERANCE[id] * 1.01 * largest + (TOLERANCE[id] && 1.5e-45);
        opened.assertFinite();
        expect(largestError(opened.decode(), delta)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test.each(COUNTS)('accumulates %d values as decode-then-add does', (count) => {
    const opened = open(encode(id, normal(count), new Random(2)), { count });
    const start = normal(count, 3);
    const expected = opened.decode().map((value, i) => start[i]! + 2.5 * value);
    for (const sum of [Float64Array.from(start), Float32Array.from(start)]) {
      opened.accumulate(sum, 2.5);
      expect(largestError(Float32Array.from(sum), expected)).toBeLessThan(2e-6);
    }
  });

  test('reads a message at any alignment, and nothing around it', () => {
    const bytes = encode(id, normal(300), new Random(2));
    const expected = open(bytes, { count: 300 }).decode();
    for (let offset = 1; offset < 9; offset++) {
      const buffer = new Uint8Array(bytes.length + 32).fill(0xff);
      buffer.set(bytes, offset);
      const opened = open(buffer.subarray(offset, offset + bytes.length), { count: 300 });
      expect(opened.decode()).toEqual(expected);
    }
  });

  test('carries zeros as zeros', () => {
    const opened = open(encode(id, new Float32Array(700), new Random(2)), { count: 700 });
    expect(opened.decode().every((value) => value === 0)).toBe(true);
    expect(opened.norm()).toBe(0);
  });

  test('same seed, same bytes', () => {
    const [a, b] = [2, 2].map((seed) => encode(id, normal(600), new Random(seed)));
    expect(a).toEqual(b);
  });

  test('does not encode what is not finite', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const delta = normal(300);
      delta[299] = bad;
      expect(() => encode(id, delta, new Random(2))).toThrow(`number 299 of the delta is ${bad}`);
    }
  });

  test('refuses a sum of another size', () => {
    const opened = open(encode(id, normal(9), new Random(2)), { count: 9 });
    expect(() => opened.accumulate(new Float64Array(8), 1)).toThrow('a sum of 8');
  });
});

describe('int8', () => {
  test('costs at most 1.03 bytes a parameter', () => {
    expect(messageBytes('int8', 100_000) / 100_000).toBeLessThan(1.03);
  });

  test('an outlier coarsens its own block only', () => {
    const delta = normal(512).map((value) => value * 1e-3);
    delta[0] = 1e6;
    const { decode } = open(encode('int8', delta, new Random(2)), { count: 512 });
    expect(largestError(decode().subarray(256), delta.subarray(256))).toBeLessThan(5e-5);
  });

  test('is unbiased: a crowd brings back what is below half a step', () => {
    const delta = Float32Array.from({ length: 256 }, (_, i) => (i === 0 ? 127 : 0.3));
    const random = new Random(2);
    const sum = new Float64Array(256);
    for (let k = 0; k < 400; k++)
      open(encode('int8', delta, random), { count: 256 }).accumulate(sum, 1 / 400);
    const mean = sum.subarray(1).reduce((a, b) => a + b) / 255;
    // 102,000 draws of 0 or 1: the standard error is 0.0014.
    expect(mean).toBeGreaterThan(0.294);
    expect(mean).toBeLessThan(0.306);
  });
});
