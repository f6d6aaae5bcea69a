import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { encode, messageBytes, open } from '../../shared/weights/codec.ts';
import { norm } from '../../shared/weights/delta.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import type { Scheme } from '../../shared/weights/schemes/scheme.ts';
import { distance, heavyTailed, largestError, normal } from '../kit/deltas.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
const COUNTS = [1, 2, 3, 31, 32, 33, 255, 256, 257, 511, 1023, 1024, 1025, 5000];
const HEADER = 20;
const finite = { noNaN: true, noDefaultInfinity: true } as const;

type Claim = {
  /** Bytes a parameter at a million, header and all. */
  bytes: number;
  /** L2 error as a share of the norm: of a thousand normal numbers or more, and of anything at all. */
  normal: number;
  anything: number;
  /** What a number may be off by whatever the share: the scheme's denormals. */
  denormal: number;
};

/** What a scheme must keep; a new one adds its own. `anything` is from each scheme's arithmetic, not from measurements. */
const CLAIMS: Record<SchemeId, Claim> = {
  float32: { bytes: 4.001, normal: 0, anything: 0, denormal: 0 },
  float16: { bytes: 2.005, normal: 2.2e-4, anything: 2 ** -11, denormal: 1.5e-45 },
  // A step is at most 1/127 of the block's norm, and 256 numbers err by less than one each.
  int8: { bytes: 1.02, normal: 0.011, anything: 16 / 127, denormal: 1.5e-45 },
  int4: { bytes: 0.54, normal: 0.17, anything: (16 * 2) / 15, denormal: 3e-45 },
  // sqrt(1 - 2 / pi) = 0.603.
  onebit: { bytes: 0.14, normal: 0.62, anything: 1, denormal: 1.5e-45 },
  // The largest 3 % of normal numbers hold 17 % of the squares.
  topk: { bytes: 0.09, normal: 0.92, anything: 1, denormal: 2 ** -133 },
};

test('every scheme is a file, and its number its own', () => {
  const files = readdirSync(new URL('../../shared/weights/schemes', import.meta.url));
  const plugins = files.filter((file) => !['index.ts', 'scheme.ts'].includes(file));
  expect(plugins.map((file) => file.replace('.ts', '')).sort()).toEqual([...IDS].sort());
  const numbers = IDS.map((id) => SCHEMES[id].number);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const number of numbers) expect(number).toSatisfy((n: number) => n >= 1 && n <= 255);
});

test('a number once given stays: deltas that lie in logs are read by it', () => {
  const numbers = Object.fromEntries(IDS.map((id) => [id, SCHEMES[id].number]));
  expect(numbers).toEqual({ float32: 1, int8: 2, float16: 3, int4: 4, onebit: 5, topk: 6 });
});

describe.each(IDS)('scheme %s: what it carries', (id) => {
  const scheme: Scheme = SCHEMES[id];
  const claim = CLAIMS[id];

  test('costs no more than it should', () => {
    expect(messageBytes(id, 1_000_000) / 1_000_000).toBeLessThanOrEqual(claim.bytes);
  });

  test.each(COUNTS)('takes exactly as many bytes as it says, for %d numbers', (count) => {
    const bytes = encode(id, normal(count), new Random(2));
    expect(bytes.length).toBe(HEADER + scheme.bytes(count));
    expect(messageBytes(id, count)).toBe(bytes.length);
  });

  test.each([1024, 1025, 5000])('brings %d normal numbers back as well as it should', (count) => {
    const delta = normal(count);
    const opened = open(encode(id, delta, new Random(2)), { count, scheme: id });
    expect(opened).toMatchObject({ scheme: id, count });
    opened.assertFinite();
    expect(distance(opened.decode(), delta)).toBeLessThanOrEqual(claim.normal * norm(delta));
  });

  test('brings back any finite floats, from denormals to the largest', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 1100, ...finite }), (delta) => {
        const opened = open(encode(id, delta, new Random(2)), { count: delta.length });
        opened.assertFinite();
        const slack = claim.denormal * Math.sqrt(delta.length);
        const bound = claim.anything * (1 + 1e-6) * norm(delta) + slack;
        expect(distance(opened.decode(), delta)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  test.each([
    ['the largest float32', 3.4028234663852886e38],
    ['the smallest denormal', 1.401298464324817e-45],
  ])('%s, everywhere or once, stays finite and within bounds', (_, value) => {
    for (const count of [1, 2, 7, 256, 300, 1024, 2000]) {
      const everywhere = normal(count).map((x) => Math.sign(x) * value);
      const once = new Float32Array(count).fill(value, count - 1);
      for (const delta of [everywhere, once]) {
        const opened = open(encode(id, delta, new Random(count)), { count });
        opened.assertFinite();
        const slack = claim.denormal * Math.sqrt(count);
        const bound = claim.anything * (1 + 1e-6) * norm(delta) + slack;
        expect(distance(opened.decode(), delta)).toBeLessThanOrEqual(bound);
      }
    }
  });

  test.each(COUNTS)('accumulates %d numbers as decode-then-add does', (count) => {
    const opened = open(encode(id, normal(count), new Random(2)), { count });
    const start = normal(count, 3);
    const expected = opened.decode().map((value, i) => start[i]! + 2.5 * value);
    for (const sum of [Float64Array.from(start), Float32Array.from(start)]) {
      opened.accumulate(sum, 2.5);
      expect(largestError(Float32Array.from(sum), expected)).toBeLessThan(2e-6);
    }
  });

  test.each(COUNTS)('tells the norm of %d numbers without decoding them', (count) => {
    const opened = open(encode(id, heavyTailed(count), new Random(2)), { count });
    expect(opened.norm() / norm(opened.decode())).toBeCloseTo(1, 6);
  });

  test('writes every byte of its payload, and none around it', () => {
    for (const count of [1, 7, 300]) {
      const size = scheme.bytes(count);
      const [clean, dirty] = [0, 0xa5].map((fill) => {
        const buffer = new Uint8Array(size + 16).fill(fill);
        scheme.encode(normal(count), buffer.subarray(5, 5 + size), new Random(2));
        const around = [...buffer.subarray(0, 5), ...buffer.subarray(5 + size)];
        expect(around).toEqual(around.map(() => fill));
        return buffer.slice(5, 5 + size);
      });
      expect(dirty).toEqual(clean);
    }
  });

  test('carries zeros as zeros', () => {
    const opened = open(encode(id, new Float32Array(700), new Random(2)), { count: 700 });
    expect(opened.decode().every((value) => value === 0)).toBe(true);
    expect(opened.norm()).toBe(0);
  });

  test('decodes over whatever was there', () => {
    const message = encode(id, heavyTailed(300), new Random(2));
    const out = new Float32Array(300).fill(NaN);
    scheme.decodeInto(message.subarray(HEADER), out);
    expect(out).toEqual(open(message, { count: 300 }).decode());
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

  test('leaves the delta as it was', () => {
    const delta = heavyTailed(300);
    encode(id, delta, new Random(2));
    expect(delta).toEqual(heavyTailed(300));
  });

  test('refuses a sum of another size', () => {
    const opened = open(encode(id, normal(9), new Random(2)), { count: 9 });
    expect(() => opened.accumulate(new Float64Array(8), 1)).toThrow('a sum of 8');
  });
});
