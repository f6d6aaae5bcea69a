/** What every network is made of, on the backend with fused kernels and on the one without. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crossEntropy } from '../../shared/math/losses.ts';
import { Random } from '../../shared/math/random.ts';
import { l2Normalise, normRelu } from '../../shared/nn/layers.ts';
import { agree, between, normal, on, runs, seeds, tf, type Numbers } from '../kit/backends.ts';
import { groupNorm } from './group-norm.ts';

const BACKENDS = ['wasm', 'cpu'] as const;

function rowsOf({ shape, data }: Numbers): number[][] {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, i) => [
    ...data.slice(i * width, (i + 1) * width),
  ]);
}

describe.each(BACKENDS)('on %s', (backend) => {
  const shapes = fc.record({
    batch: between(1, 3),
    height: between(1, 4),
    width: between(1, 4),
    groups: between(1, 4),
    perGroup: between(2, 4),
    offset: between(-20, 20),
  });

  test('normRelu is group norm, then zero where that is negative (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        seeds,
        async ({ batch, height, width, groups, perGroup, offset }, seed) => {
          const random = new Random(seed);
          const channels = groups * perGroup;
          const x = normal(random, batch, height, width, channels);
          x.data.forEach((value, i) => (x.data[i] = value + offset));
          const [gamma, beta] = [normal(random, channels), normal(random, channels)];
          const got = await on(backend, [x, gamma, beta], (a: Tensor4D, b: Tensor, c: Tensor) => [
            normRelu(tf, { 'n/gamma': b, 'n/beta': c }, 'n', a, groups),
          ]);
          const pixels = rowsOf(x);
          const slow = Array.from({ length: batch }, (_, i) => {
            const image = pixels.slice(i * height * width, (i + 1) * height * width);
            const rows = Array.from({ length: height }, (__, y) =>
              image.slice(y * width, (y + 1) * width),
            );
            return groupNorm(rows, [...gamma.data], [...beta.data], { groups, epsilon: 1e-5 });
          });
          const data = Float32Array.from(slow.flat(3), (value) => Math.max(0, value));
          agree(got, [{ shape: x.shape, data }], 1e-4);
        },
      ),
      runs(25),
    );
  });

  test('cross-entropy is -sum p log q of each row, however large the logits (property)', async () => {
    await fc.assert(
      fc.asyncProperty(between(1, 5), between(2, 6), seeds, async (rows, classes, seed) => {
        const random = new Random(seed);
        const logits = normal(random, rows, classes);
        logits.data.forEach((value, i) => (logits.data[i] = 30 * value));
        const labels = normal(random, rows, classes);
        const shares = rowsOf(labels).map((row) => {
          const positive = row.map(Math.abs);
          const sum = positive.reduce((a, b) => a + b);
          return positive.map((value) => value / sum);
        });
        labels.data.set(shares.flat());
        const got = await on(backend, [logits, labels], (a: Tensor2D, b: Tensor) => [
          crossEntropy(tf, a, b),
        ]);
        const slow = rowsOf(logits).map((row, i) => {
          const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
          return row.reduce(
            (h, logit, c) => h - shares[i]![c]! * Math.log(Math.exp(logit) / sum),
            0,
          );
        });
        agree(got, [{ shape: [rows], data: Float32Array.from(slow) }], 1e-5);
      }),
      runs(25),
    );
  });

  test('cross-entropy by hand: two classes as likely as each other cost ln 2', async () => {
    const [logits, labels] = [
      { shape: [2, 2], data: Float32Array.of(1, 1, 100, -100) },
      { shape: [2, 2], data: Float32Array.of(1, 0, 1, 0) },
    ];
    const [cost] = await on(backend, [logits, labels], (a: Tensor2D, b: Tensor) => [
      crossEntropy(tf, a, b),
    ]);
    expect(cost!.data[0]).toBeCloseTo(Math.LN2, 6);
    expect(cost!.data[1]).toBeCloseTo(0, 6);
  });

  test('l2Normalise by hand: (3, 4) is (0.6, 0.8), and nothing has a finite gradient', async () => {
    const rows = { shape: [2, 2], data: Float32Array.of(3, 4, 0, 0) };
    const [units, gradient] = await on(backend, [rows], (x: Tensor2D) => [
      l2Normalise(tf, x),
      tf.grad((y) => tf.sum(l2Normalise(tf, y as Tensor2D)))(x),
    ]);
    agree([units!], [{ shape: [2, 2], data: Float32Array.of(0.6, 0.8, 0, 0) }]);
    expect([...gradient!.data].every(Number.isFinite)).toBe(true);
  });
});
