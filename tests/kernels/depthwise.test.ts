/** The gradients of depthwise convolutions against the cpu backend's, over random shapes. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { asOnCpu, between, normal, runs, seeds, tf } from '../kit/backends.ts';

const settings = fc.record({
  side: between(1, 9),
  channels: fc.constantFrom(1, 3, 4, 7, 8),
  multiplier: between(1, 3),
  filter: between(1, 4),
  stride: between(1, 3),
  pad: fc.constantFrom('same' as const, 'valid' as const),
});

test('are the cpu backend’s, strides and multipliers included (property)', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(settings, seeds, async (s, seed) => {
      const { side, channels, multiplier, filter, stride, pad } = s;
      fc.pre(pad === 'same' || side >= filter);
      const random = new Random(seed);
      const x = normal(random, 2, side, side, channels);
      const w = normal(random, filter, filter, channels, multiplier);
      await asOnCpu([x, w], (a: Tensor4D, b: Tensor4D) =>
        tf.grads((p, q) => {
          const y = tf.depthwiseConv2d(p as Tensor4D, q as Tensor4D, stride, pad);
          const weights = tf.sin(tf.reshape(tf.range(1, y.size + 1), y.shape));
          return tf.sum(tf.mul(y, weights));
        })([a, b]),
      );
      compared++;
    }),
    runs(80),
  );
  expect(compared).toBeGreaterThan(40);
});
