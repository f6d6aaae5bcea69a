import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { encode, HEADER_BYTES, open } from '../../shared/weights/codec.ts';
import { SCHEMES } from '../../shared/weights/schemes/index.ts';

/** IEEE 754-2019, 3.4: from 1 sign, 5 exponent and 10 mantissa bits. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Every finite half below 2^15, rising. */
const HALVES = Array.from({ length: 0x7800 }, (_, bits) => halfValue(bits));

/** The nearest of them, the even one of two: by bisection. */
function nearestHalf(magnitude: number): number {
  let [low, high] = [0, HALVES.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (HALVES[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - HALVES[low]!, HALVES[high]! - magnitude];
  if (below === above) return HALVES[low % 2 === 0 ? low : high]!;
  return below < above ? HALVES[low]! : HALVES[high]!;
}

/** Of one block: shared exponent by logarithm, then the nearest half of each. */
function expected(delta: Float32Array): Float32Array {
  const largest = Math.max(...delta.map(Math.abs));
  let exponent = largest === 0 ? -126 : Math.floor(Math.log2(largest));
  // A logarithm rounds: just below a power of two it can be that power's.
  if (2 ** exponent > largest) exponent--;
  const scale = 2 ** Math.max(exponent - 14, -126);
  return delta.map((value) => Math.sign(value) * nearestHalf(Math.abs(value) / scale) * scale);
}

test('every half is read as IEEE 754 says, at every kind of exponent', () => {
  for (const exponent of [-128, -126, -14, 0, 5, 112]) {
    const count = 256;
    for (let first = 0; first < 0x10000; first += count) {
      const payload = new Uint8Array(SCHEMES.float16.bytes(count));
      payload[0] = exponent & 255;
      const view = new DataView(payload.buffer);
      for (let i = 0; i < count; i++) view.setUint16(1 + 2 * i, first + i, true);
      const out = new Float32Array(count);
      SCHEMES.float16.decodeInto(payload, out);
      expect(out).toEqual(out.map((_, i) => halfValue(first + i) * 2 ** exponent));
      expect(SCHEMES.float16.finite(payload, count)).toBe(out.every(Number.isFinite));
    }
  }
});

test('a block comes back as the nearest halves', () => {
  const anything = fc.float32Array({
    minLength: 1,
    maxLength: 256,
    noNaN: true,
    noDefaultInfinity: true,
  });
  const alike = anything.map((values) => values.map((x) => Math.sign(x) * Math.abs(x % 1e-3)));
  fc.assert(
    fc.property(fc.oneof(anything, alike), (delta) => {
      const decoded = open(encode('float16', delta, new Random(1)), {
        count: delta.length,
      }).decode();
      // 0 and -0 are the same number here.
      expect(decoded.map((x) => x + 0)).toEqual(expected(delta).map((x) => x + 0));
    }),
    { numRuns: 300 },
  );
});

test('ties go to the even half', () => {
  const scaled = [2 ** 14, 2048 + 1, 2048 + 3, -2048 - 1, 2049.001];
  const message = encode('float16', Float32Array.from(scaled), new Random(1));
  expect(message[HEADER_BYTES]).toBe(0);
  expect([...open(message, { count: 5 }).decode()]).toEqual([16384, 2048, 2052, -2048, 2050]);
});
