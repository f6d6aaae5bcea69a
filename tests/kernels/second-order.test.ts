/** Gradients of gradients: against difference quotients, against the composed ops, and as exact MAML. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BackendName } from '../../client/tf.ts';
import { crossEntropy } from '../../shared/math/losses.ts';
import { Random } from '../../shared/math/random.ts';
import { conv4 } from '../../shared/nn/conv4.ts';
import { dense, denseSpecs, normRelu } from '../../shared/nn/layers.ts';
import { initialise, type Params, type Scalar } from '../../shared/nn/params.ts';
import { layoutOf } from '../../shared/weights/layout.ts';
import { agree, between, normal, on, runs, seeds, tf, type Numbers } from '../kit/backends.ts';

const BACKENDS = ['cpu', 'wasm'] as const;

type Forward = (...inputs: Tensor[]) => Tensor;

/** A number made of all first gradients, in which no two of them can stand for each other. */
const mixture = (gradients: readonly Tensor[]) =>
  tf.addN(
    gradients.map((g, k) =>
      tf.sum(tf.mul(g, tf.reshape(tf.cos(tf.add(tf.range(0, g.size), k)), g.shape))),
    ),
  );

/** Gradients, against every input and dy, of the mixture of `forward`'s gradients. */
const twice =
  (forward: Forward, dyToo = true) =>
  (...all: Tensor[]) => {
    const inner = (...given: Tensor[]) => {
      const [inputs, dy] = [given.slice(0, -1), given.at(-1)!];
      return mixture(tf.grads((...args) => forward(...args))(inputs, dy));
    };
    return tf
      .grads((...given) => inner(...given))(all)
      .slice(0, dyToo ? undefined : -1);
  };

const dot = (a: readonly Numbers[], b: readonly Numbers[]) =>
  a.reduce((sum, { data }, k) => data.reduce((s, value, i) => s + value * b[k]!.data[i]!, sum), 0);

/**
 * Compares the slope along random directions with the quotient over a long step. Every first gradient here is
 * linear in each input, so the mixture is a parabola along a line, and the quotient has no error but rounding.
 */
async function checkSlopes(
  inputs: Numbers[],
  forward: Forward,
  moving: readonly number[],
  backends: readonly BackendName[] = BACKENDS,
) {
  const random = new Random(9);
  for (const backend of backends) {
    const gradients = await on(backend, inputs, twice(forward));
    for (let turn = 0; turn < 3; turn++) {
      const direction = inputs.map(({ shape }, k) => {
        const one = normal(random, ...shape);
        return moving.includes(k) ? one : { ...one, data: one.data.fill(0) };
      });
      const value = async (step: number) => {
        const moved = inputs.map(({ shape, data }, k) => ({
          shape,
          data: data.map((number, i) => number + step * direction[k]!.data[i]!),
        }));
        const [made] = await on(backend, moved, (...all: Tensor[]) => [
          mixture(tf.grads((...args) => forward(...args))(all.slice(0, -1), all.at(-1)!)),
        ]);
        return made!.data[0]!;
      };
      const [low, high] = [await value(-1), await value(1)];
      const scale = 1 + Math.abs(low) + Math.abs(high);
      expect(Math.abs(dot(gradients, direction) - (high - low) / 2) / scale).toBeLessThan(1e-4);
    }
  }
}

const window = fc.record({
  side: between(4, 8),
  filter: between(1, 3),
  strides: between(1, 2),
  pad: fc.constantFrom('same' as const, 'valid' as const),
});

describe('the second derivative', () => {
  test('of a convolution is what difference quotients say (property)', async () => {
    await fc.assert(
      fc.asyncProperty(window, seeds, async ({ side, filter, strides, pad }, seed) => {
        const random = new Random(seed);
        const [x, w] = [normal(random, 2, side, side, 3), normal(random, filter, filter, 3, 2)];
        const forward: Forward = (a, b) => tf.conv2d(a as Tensor4D, b as Tensor4D, strides, pad);
        const [y] = await on('cpu', [x, w], (a: Tensor, b: Tensor) => [forward(a, b)]);
        await checkSlopes([x, w, normal(random, ...y!.shape)], forward, [0, 1, 2]);
      }),
      runs(12),
    );
  });

  test('of a depthwise convolution is what difference quotients say (property)', async () => {
    await fc.assert(
      fc.asyncProperty(window, seeds, async ({ side, filter, strides, pad }, seed) => {
        const random = new Random(seed);
        const [x, w] = [normal(random, 2, side, side, 3), normal(random, filter, filter, 3, 2)];
        const forward: Forward = (a, b) =>
          tf.depthwiseConv2d(a as Tensor4D, b as Tensor4D, strides, pad);
        const [y] = await on('cpu', [x, w], (a: Tensor, b: Tensor) => [forward(a, b)]);
        // Only the cpu backend is sure to have its first gradients.
        await checkSlopes([x, w, normal(random, ...y!.shape)], forward, [0, 1, 2], ['cpu']);
      }),
      runs(8),
    );
  });

  test('of max-pooling goes to the numbers at the maxima, overlapping windows too (property)', async () => {
    await fc.assert(
      fc.asyncProperty(window, seeds, async ({ side, filter, strides, pad }, seed) => {
        const random = new Random(seed);
        const x = normal(random, 2, side, side, 3);
        const forward: Forward = (a) => tf.maxPool(a as Tensor4D, filter, strides, pad);
        const [y] = await on('cpu', [x], (a: Tensor) => [forward(a)]);
        await checkSlopes([x, normal(random, ...y!.shape)], forward, [1]);
      }),
      runs(12),
    );
  });

  test('of the fused normalisation is the composed one’s (property)', async () => {
    const shapes = fc.record({ side: between(2, 5), groups: between(1, 3), width: between(1, 4) });
    await fc.assert(
      fc.asyncProperty(shapes, seeds, async ({ side, groups, width }, seed) => {
        const random = new Random(seed);
        const channels = groups * width;
        const inputs = [
          normal(random, 2, side, side, channels),
          normal(random, channels),
          normal(random, channels),
          normal(random, 2, side, side, channels),
        ];
        const forward: Forward = (x, gamma, beta) =>
          normRelu(tf, { 'n/gamma': gamma, 'n/beta': beta }, 'n', x as Tensor4D, groups);
        // Fused on wasm; the cpu backend has no such kernel, and differentiates op by op.
        const [got, expected] = [
          await on('wasm', inputs, twice(forward)),
          await on('cpu', inputs, twice(forward)),
        ];
        agree(got, expected, 2e-4);
      }),
      runs(25),
    );
  });
});

describe('exact MAML through Conv-4', () => {
  const WAYS = 3;
  const net = conv4(8);
  const input = { size: 16, channels: 1 };
  const layout = layoutOf([...net.specs(input), ...denseSpecs('c', net.features(input), WAYS)]);
  const names = layout.entries.map(({ name }) => name);
  const named = (list: readonly Tensor[]) =>
    Object.fromEntries(names.map((name, i) => [name, list[i]!]));

  type Embed = (params: Params, x: Tensor4D) => Tensor2D;

  /** Of the pairs along the second axis; tfjs differentiates no maximum of its own twice. */
  const larger = (pairs: Tensor) => {
    const [a, b] = tf.split(pairs, 2, 1) as [Tensor, Tensor];
    return tf.add(b, tf.relu(tf.sub(a, b)));
  };

  /** Conv-4 of ops that tfjs differentiates twice by itself. */
  const slowEmbed: Embed = (params, x) => {
    let h = x;
    for (const block of [1, 2, 3, 4]) {
      const [batch, side, , channels] = h.shape;
      const padded = tf.pad(h, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]);
      const shifted = [0, 1, 2].flatMap((i) =>
        [0, 1, 2].map((j) => tf.slice(padded, [0, i, j, 0], h.shape)),
      );
      const w = tf.reshape(params[`backbone/conv${block}/w`]!, [9 * channels, 8]);
      const rows = tf.reshape(tf.concat(shifted, 3), [-1, 9 * channels]);
      const y = tf.reshape(tf.matMul(rows, w as Tensor2D), [batch, side, side, 8]) as Tensor4D;
      const active = normRelu(tf, params, `backbone/norm${block}`, y, 1);
      const half = side / 2;
      const rowPairs = tf.reshape(active, [batch * half, 2, side * 8]);
      const tall = tf.reshape(larger(rowPairs), [batch * half * half, 2, 8]);
      h = tf.reshape(larger(tall), [batch, half, half, 8]);
    }
    return tf.reshape(h, [x.shape[0], -1]);
  };

  function lossOf(embed: Embed, params: Params, x: Tensor4D): Scalar {
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), WAYS);
    return tf.mean(crossEntropy(tf, dense(tf, params, 'c', embed(params, x)), labels));
  }

  /** The gradient of the loss on the query after two steps on the support, by the first weights. */
  const metaGradient = (embed: Embed) => (flat: Tensor1D, support: Tensor4D) => {
    const adapted = (...first: Tensor[]) => {
      let fast = first;
      for (let step = 0; step < 2; step++) {
        const gradients = tf.grads((...list) => lossOf(embed, named(list), support))(fast);
        fast = fast.map((tensor, i) => tf.sub(tensor, tf.mul(gradients[i]!, 0.05)));
      }
      return lossOf(embed, named(fast), tf.neg(support));
    };
    const first = layout.entries.map(({ offset, size, shape }) =>
      tf.reshape(tf.slice(flat, offset, size), [...shape]),
    );
    return tf.grads(adapted)(first);
  };

  test('has the meta-gradient that differentiating op by op gives, on every backend', async () => {
    const random = new Random(4);
    const images = normal(random, 2 * WAYS, 16, 16, 1);
    const start = { shape: [layout.size], data: initialise(layout, random) };
    const fast = metaGradient((params, x) => net.embed(tf, params, x));
    const expected = await on('cpu', [start, images], metaGradient(slowEmbed));
    expect(expected).toHaveLength(names.length);
    for (const backend of BACKENDS) agree(await on(backend, [start, images], fast), expected, 1e-3);
  });
});
