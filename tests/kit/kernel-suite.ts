/**
 * What every version of our kernels for tfjs's wasm backend promises, over random shapes: the cpu
 * backend's numbers, and gradients that numerical differentiation finds too. Nothing may stay on the
 * heap.
 */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { agree, asOnCpu, between, normal, on, runs, seeds, tf, type Numbers } from './backends.ts';

/** Output length of a window; below one it does not fit. */
const outputOf = (length: number, filter: number, stride: number, pad: 'same' | 'valid' | number) =>
  pad === 'same'
    ? Math.ceil(length / stride)
    : Math.floor((length - filter + 2 * (pad === 'valid' ? 0 : pad)) / stride) + 1;

const geometry = fc
  .record({
    batch: between(1, 3),
    height: between(1, 13),
    width: between(1, 13),
    channels: fc.constantFrom(1, 2, 3, 4, 5, 8, 12),
    filterHeight: between(1, 4),
    filterWidth: between(1, 4),
    strideHeight: between(1, 3),
    strideWidth: between(1, 3),
    pad: fc.constantFrom('same' as const, 'valid' as const),
  })
  .filter(
    (g) =>
      outputOf(g.height, g.filterHeight, g.strideHeight, g.pad) >= 1 &&
      outputOf(g.width, g.filterWidth, g.strideWidth, g.pad) >= 1,
  );

/** A convolution and its gradients towards dy. */
const convolved =
  (stride: number | [number, number], pad: 'same' | 'valid' | number) =>
  (x: Tensor4D, w: Tensor4D, dy: Tensor4D) => {
    const rounding = typeof pad === 'number' ? 'floor' : undefined;
    const conv = (a: Tensor, b: Tensor) =>
      tf.conv2d(a as Tensor4D, b as Tensor4D, stride, pad, 'NHWC', 1, rounding);
    return [conv(x, w), ...tf.grads((a, b) => conv(a!, b!))([x, w], dy)];
  };

const dot = (a: Numbers, b: Numbers) => a.data.reduce((sum, v, i) => sum + v * b.data[i]!, 0);

describe('conv2d and its gradients', () => {
  test('are the cpu backend’s (property)', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, between(1, 17), seeds, async (g, outputs, seed) => {
        const random = new Random(seed);
        const x = normal(random, g.batch, g.height, g.width, g.channels);
        const w = normal(random, g.filterHeight, g.filterWidth, g.channels, outputs);
        const outHeight = outputOf(g.height, g.filterHeight, g.strideHeight, g.pad);
        const outWidth = outputOf(g.width, g.filterWidth, g.strideWidth, g.pad);
        const dy = normal(random, g.batch, outHeight, outWidth, outputs);
        await asOnCpu([x, w, dy], convolved([g.strideHeight, g.strideWidth], g.pad));
      }),
      runs(120),
    );
  });

  test.each([
    ['an image that is worked on in pieces', [1, 40, 64, 16], 1],
    ['pieces of several images, the last one shorter', [5, 20, 26, 16], 1],
    ['pieces and strides', [1, 81, 60, 16], 2],
  ])('are the cpu backend’s for %s', async (_, shape, stride) => {
    const [batch, height, width] = shape as [number, number, number, number];
    const random = new Random(3);
    const side = (length: number) => outputOf(length, 3, stride, 'same');
    const dy = normal(random, batch, side(height), side(width), 3);
    const inputs = [normal(random, ...shape), normal(random, 3, 3, 16, 3), dy];
    await asOnCpu(inputs, convolved(stride, 'same'));
  });

  test('are each other’s difference quotients: it is linear in the image and in the filter', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, between(1, 17), seeds, async (g, outputs, seed) => {
        const random = new Random(seed);
        const x = normal(random, g.batch, g.height, g.width, g.channels);
        const w = normal(random, g.filterHeight, g.filterWidth, g.channels, outputs);
        const outHeight = outputOf(g.height, g.filterHeight, g.strideHeight, g.pad);
        const outWidth = outputOf(g.width, g.filterWidth, g.strideWidth, g.pad);
        const dy = normal(random, g.batch, outHeight, outWidth, outputs);
        const [dx, dw] = [normal(random, ...x.shape), normal(random, ...w.shape)];
        const stride: [number, number] = [g.strideHeight, g.strideWidth];
        const got = await on('wasm', [x, w, dy, dx, dw], (...t: Tensor4D[]) => {
          const [a, b, d, toX, toW] = t as [Tensor4D, Tensor4D, Tensor4D, Tensor4D, Tensor4D];
          const moved = [tf.conv2d(toX, b, stride, g.pad), tf.conv2d(a, toW, stride, g.pad)];
          return [...convolved(stride, g.pad)(a, b, d).slice(1), ...moved];
        });
        const [byX, byW, alongX, alongW] = got as [Numbers, Numbers, Numbers, Numbers];
        const slack = 1e-4 * Math.sqrt(dy.data.length) * Math.sqrt(w.data.length);
        expect(Math.abs(dot(byX, dx) - dot(dy, alongX))).toBeLessThan(slack);
        expect(Math.abs(dot(byW, dw) - dot(dy, alongW))).toBeLessThan(slack);
      }),
      runs(60),
    );
  });

  test('are the cpu backend’s with padding by number, filters that fit into it included', async () => {
    const settings = fc.record({
      side: between(1, 9),
      filter: between(1, 3),
      stride: between(1, 3),
      pad: between(0, 3),
    });
    await fc.assert(
      fc.asyncProperty(settings, seeds, async ({ side, filter, stride, pad }, seed) => {
        const out = outputOf(side, filter, stride, pad);
        fc.pre(out >= 1);
        const random = new Random(seed);
        const inputs = [
          normal(random, 2, side, side, 3),
          normal(random, filter, filter, 3, 2),
          normal(random, 2, out, out, 2),
        ];
        await asOnCpu(inputs, convolved(stride, pad));
      }),
      runs(80),
    );
  });
});

describe('matMul', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])(
    'with transposeA %s and transposeB %s is the cpu backend’s, its gradients too',
    async (ta, tb) => {
      const shapes = fc.record({
        rows: between(1, 9),
        inner: between(1, 9),
        columns: between(1, 9),
        a: between(1, 3),
        b: between(1, 3),
        rank: between(2, 4),
      });
      await fc.assert(
        fc.asyncProperty(shapes, seeds, async ({ rows, inner, columns, a, b, rank }, seed) => {
          // A batch of one is broadcast, but only its forward pass: tfjs has no gradient for it.
          const alike = a === b;
          fc.pre(rank === 2 || alike || a === 1 || b === 1);
          const random = new Random(seed);
          const batch = (n: number) => (rank === 2 ? [] : rank === 3 ? [n] : [n, 2]);
          const left = normal(random, ...batch(a), ...(ta ? [inner, rows] : [rows, inner]));
          const right = normal(random, ...batch(b), ...(tb ? [columns, inner] : [inner, columns]));
          await asOnCpu([left, right], (p: Tensor2D, q: Tensor2D) => {
            const product = tf.matMul(p, q, ta, tb);
            if (rank > 2 && !alike) return [product];
            const loss = (u: Tensor, v: Tensor) => {
              const y = tf.matMul(u as Tensor2D, v as Tensor2D, ta, tb);
              return tf.sum(tf.mul(y, tf.add(y, 1)));
            };
            return [product, ...tf.grads(loss)([p, q])];
          });
        }),
        runs(40),
      );
    },
  );
});

describe('the gradient of max-pooling', () => {
  const pooled = async (
    g: {
      filterHeight: number;
      filterWidth: number;
      strideHeight: number;
      strideWidth: number;
      pad: 'same' | 'valid';
    },
    x: Numbers,
  ) =>
    asOnCpu([x], (a: Tensor4D) => {
      const pool = (p: Tensor) =>
        tf.maxPool(
          p as Tensor4D,
          [g.filterHeight, g.filterWidth],
          [g.strideHeight, g.strideWidth],
          g.pad,
        );
      const weights = (y: Tensor) => tf.reshape(tf.range(1, y.size + 1), y.shape);
      return [tf.grad((p) => tf.sum(tf.mul(pool(p), weights(pool(p)))))(a)];
    });

  test('is the cpu backend’s, whether windows overlap or not (property)', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, seeds, (g, seed) =>
        pooled(g, normal(new Random(seed), g.batch, g.height, g.width, g.channels)),
      ),
      runs(150),
    );
  });

  test('goes to the first of equal maxima, as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(
        between(1, 9),
        between(1, 9),
        between(1, 3),
        seeds,
        async (height, width, side, seed) => {
          fc.pre(height >= side && width >= side);
          const random = new Random(seed);
          const x = normal(random, 2, height, width, 3);
          x.data.forEach((_, i) => (x.data[i] = random.int(3) - 1));
          const window = {
            filterHeight: side,
            filterWidth: side,
            strideHeight: side,
            strideWidth: side,
          };
          await pooled({ ...window, pad: 'valid' }, x);
        },
      ),
      runs(80),
    );
  });
});

test('the kernels outlive a restart of the backend', async () => {
  const inputs = [normal(new Random(1), 1, 6, 6, 2), normal(new Random(2), 3, 3, 2, 3)];
  const compute = (x: Tensor4D, w: Tensor4D) =>
    tf.grads((a, b) => {
      const y = tf.maxPool(tf.conv2d(a as Tensor4D, b as Tensor4D, 1, 'same'), 2, 2, 'valid');
      return tf.sum(tf.matMul(tf.reshape(y, [9, 3]), tf.reshape(y, [9, 3]), true, false));
    })([x, w]);
  const before = await on('wasm', inputs, compute);
  await tf.setBackend('cpu');
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory as () => Promise<never>);
  const after = await on('wasm', inputs, compute);
  expect(after).toHaveLength(2);
  agree(after, before, 1e-7);
});
