import type { Tensor2D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { ntXent } from '../../shared/objectives/contrastive/simclr.ts';
import { between, normal, on, runs, seeds, tf, type Numbers } from '../kit/backends.ts';
import { ntXentSlowly } from './nt-xent.ts';

function rowsOf({ shape: [rows, columns], data }: Numbers): number[][] {
  return Array.from({ length: rows! }, (_, i) => [...data.slice(i * columns!, (i + 1) * columns!)]);
}

/** The views of one image next to each other, as the paper counts them. */
function interleaved(a: Numbers, b: Numbers): number[][] {
  const second = rowsOf(b);
  return rowsOf(a).flatMap((row, k) => [row, second[k]!]);
}

async function fast(a: Numbers, b: Numbers, temperature: number): Promise<number> {
  const [loss] = await on('wasm', [a, b], (x: Tensor2D, y: Tensor2D) => [
    ntXent(tf, x, y, temperature),
  ]);
  return loss!.data[0]!;
}

const pair = (data: number[]): Numbers => ({ shape: [2, 2], data: Float32Array.from(data) });

describe('NT-Xent of two pairs, by hand', () => {
  // Of each view's three cosines, the partner's is 1 and two are 0: -log(e^1/T / (e^1/T + 2)).
  const apart = [pair([1, 0, 0, 1]), pair([1, 0, 0, 1])] as const;
  // The partner's is 0, one other's is 0, the third's 1: -log(1 / (1 + 1 + e^1/T)).
  const crossed = [pair([1, 0, 0, 1]), pair([0, 1, 1, 0])] as const;

  test.each([
    ['partners agree, T = 1', apart, 1, Math.log(1 + 2 / Math.E)],
    ['partners agree, T = 0.5', apart, 0.5, Math.log(1 + 2 / Math.E ** 2)],
    ['partners are crossed, T = 1', crossed, 1, Math.log(2 + Math.E)],
    ['all views are one', [pair([3, 4, 3, 4]), pair([3, 4, 3, 4])] as const, 0.1, Math.log(3)],
  ])('%s', async (_, [a, b], temperature, expected) => {
    expect(await fast(a, b, temperature)).toBeCloseTo(expected, 5);
    expect(ntXentSlowly(interleaved(a, b), temperature)).toBeCloseTo(expected, 12);
  });
});

const sizes = {
  images: between(1, 7),
  width: between(1, 9),
  temperature: fc.constantFrom(0.05, 0.3, 1),
};

test('NT-Xent is the slow one on any batch (property)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record(sizes), seeds, async ({ images, width, temperature }, seed) => {
      const random = new Random(seed);
      const [a, b] = [normal(random, images, width), normal(random, images, width)];
      const slow = ntXentSlowly(interleaved(a, b), temperature);
      expect(Math.abs((await fast(a, b, temperature)) - slow)).toBeLessThan(1e-4 * (1 + slow));
    }),
    runs(50),
  );
});

test("its gradient is the slow one's difference quotient, for both views", async () => {
  const random = new Random(4);
  const [a, b] = [normal(random, 3, 4), normal(random, 3, 4)];
  const got = await on('wasm', [a, b], (x: Tensor2D, y: Tensor2D) =>
    tf.grads((p, q) => ntXent(tf, p as Tensor2D, q as Tensor2D, 0.3))([x, y]),
  );
  // In double precision, since a quotient of float32 numbers has three digits at most.
  const rows = interleaved(a, b);
  const step = 1e-5;
  for (const [view, gradient] of got.entries())
    gradient.data.forEach((value, i) => {
      const row = rows[2 * Math.floor(i / 4) + view]!;
      const middle = row[i % 4]!;
      const at = (moved: number) => {
        row[i % 4] = moved;
        return ntXentSlowly(rows, 0.3);
      };
      const quotient = (at(middle + step) - at(middle - step)) / (2 * step);
      row[i % 4] = middle;
      expect(value).toBeCloseTo(quotient, 4);
    });
});
