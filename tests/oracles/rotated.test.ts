import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { blocksIn, eachBlock, hadamard, Rotation } from '../../shared/math/rotation.ts';
import { encode, HEADER_BYTES, open } from '../../shared/weights/codec.ts';
import { distance, heavyTailed } from '../kit/deltas.ts';
import {
  blocksOf,
  hadamardMatrix,
  rotationMatrix,
  signsOf,
  sizesOf,
  times,
  transpose,
} from './rotated.ts';

const COUNTS = [1, 2, 3, 31, 255, 256, 300, 1023, 1100];

describe('the fast Walsh-Hadamard transform', () => {
  test.each([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])('of %d numbers is the matrix', (n) => {
    const x = heavyTailed(n);
    const fast = Float64Array.from(x);
    hadamard(fast);
    expect(distance(fast, times(hadamardMatrix(n), [...x]))).toBeLessThan(1e-11);
  });

  test('the matrix is (-1)^popcount(i & j), and its rows are orthogonal', () => {
    const matrix = hadamardMatrix(16);
    const ones = (n: number) => [...n.toString(2)].filter((bit) => bit === '1').length;
    matrix.forEach((row, i) => row.forEach((h, j) => expect(h).toBe((-1) ** ones(i & j))));
    const product = matrix.map((row) => times(matrix, row));
    product.forEach((row, i) => row.forEach((p, j) => expect(p).toBe(i === j ? 16 : 0)));
  });
});

describe('blocks', () => {
  test.each(COUNTS)('of %d numbers cover them once', (count) => {
    const seen: number[] = [];
    let next = 0;
    eachBlock(count, 256, (index, start, size) => {
      expect(index).toBe(seen.length);
      expect(start).toBe(next);
      next += size;
      seen.push(size);
    });
    expect(seen).toEqual(sizesOf(count, 256));
    expect(next).toBe(count);
    expect(blocksIn(count, 256)).toBe(seen.length);
  });
});

describe('a rotation', () => {
  const sizes = [64, 64, 16, 4, 1];

  test('is H D / sqrt(n), with signs of its own for every block', () => {
    const rotation = new Rotation(7);
    const signs = signsOf(7, sizes);
    sizes.forEach((size, i) => {
      const x = heavyTailed(size, i);
      const y = Float64Array.from(x);
      rotation.forward(y);
      expect(distance(y, times(rotationMatrix(signs[i]!), [...x]))).toBeLessThan(1e-12);
    });
    expect(signs[0]).not.toEqual(signs[1]);
  });

  test('is undone by its inverse, and keeps lengths', () => {
    const [there, back] = [new Rotation(8), new Rotation(8)];
    for (const size of sizes) {
      const x = Float64Array.from(heavyTailed(size));
      const y = x.slice();
      there.forward(y);
      expect(Math.hypot(...y)).toBeCloseTo(Math.hypot(...x), 10);
      back.inverse(y);
      expect(distance(y, x)).toBeLessThan(1e-12);
    }
  });

  test('has as many signs of either kind, and another seed has others', () => {
    const [a, b] = [1, 2].map((seed) => signsOf(seed, [4096])[0]!);
    // 4096 coins: one standard error of the sum is 64.
    expect(Math.abs(a!.reduce((sum, sign) => sum + sign, 0))).toBeLessThan(4 * 64);
    expect(Math.abs(a!.reduce((sum, sign, i) => sum + sign * b![i]!, 0))).toBeLessThan(4 * 64);
  });
});

describe.each([
  { id: 'int4', largest: 256, bits: 4, levelOf: (code: number) => 2 * code - 15 },
  { id: 'onebit', largest: 1024, bits: 1, levelOf: (code: number) => 1 - 2 * code },
] as const)('$id', ({ id, largest, bits, levelOf }) => {
  test.each(COUNTS)('%d numbers: what comes back is R^T (scale * levels)', (count) => {
    const delta = heavyTailed(count);
    const message = encode(id, delta, new Random(3));
    const decoded = open(message, { count }).decode();
    for (const block of blocksOf(message.subarray(HEADER_BYTES), count, largest, bits)) {
      const levels = block.codes.map((code) => block.scale * levelOf(code));
      const expected = times(transpose(block.matrix), levels);
      const got = decoded.subarray(block.start, block.start + levels.length);
      expect(distance(got, expected)).toBeLessThan(1e-6 * Math.hypot(...expected));
    }
  });
});

test.each(COUNTS)('onebit, %d numbers: signs of R x, and the scale ||R x||_1 / n', (count) => {
  const delta = heavyTailed(count);
  const payload = encode('onebit', delta, new Random(3)).subarray(HEADER_BYTES);
  for (const { scale, matrix, codes, start } of blocksOf(payload, count, 1024, 1)) {
    const x = [...delta.subarray(start, start + codes.length)];
    const y = times(matrix, x);
    const mean = y.reduce((sum, value) => sum + Math.abs(value), 0) / y.length;
    expect(scale / mean).toBeCloseTo(1, 6);
    // A number that is 0 but for rounding may have either sign.
    y.forEach((value, i) => {
      if (Math.abs(value) > 1e-9 * mean) expect(codes[i]).toBe(value < 0 ? 1 : 0);
    });
  }
});

test.each(COUNTS)(
  'int4, %d numbers: one of the two levels around R x, up to the outermost',
  (count) => {
    const delta = heavyTailed(count);
    const payload = encode('int4', delta, new Random(3)).subarray(HEADER_BYTES);
    for (const { scale, matrix, codes, start } of blocksOf(payload, count, 256, 4)) {
      const y = times(matrix, [...delta.subarray(start, start + codes.length)]);
      expect((15 * scale) / Math.max(...y.map(Math.abs))).toBeCloseTo(1, 6);
      y.forEach((value, i) => {
        const error = Math.abs(scale * (2 * codes[i]! - 15) - value);
        expect(error).toBeLessThan(2 * scale * (1 + 1e-6));
      });
    }
  },
);
