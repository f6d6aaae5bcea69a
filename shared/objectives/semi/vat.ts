import * as v from 'valibot';
import { crossEntropy, divergence } from '../../math/losses.ts';
import type { Model } from '../../nn/model.ts';
import type { Params, Scalar, Tensor, Tensor2D, Tensor4D, Tf } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import { rampUp, stepCounter } from '../../math/ramp.ts';

/**
 * How far out the power iteration looks for curvature. The papers' 1e-6 is lost in float32, where
 * predictions that near differ by rounding alone; here it is the Hessian's still (tests/oracles/vat.test.ts).
 */
const PROBE = 0.1;

/**
 * Virtual adversarial training (Miyato et al. 2018) with entropy minimisation: the answer must not
 * change in the direction, of one length, in which it would change most.
 */
export const vat = defineObjective({
  title: 'VAT',
  paper: 'https://arxiv.org/abs/1704.03976',
  summary:
    'Changes each image a little in the direction that confuses the model most, and asks for the same answer. Needs no knowledge of which changes are harmless, so it also suits images that must not be turned or cut.',
  views: { image: 'weak' },
  heads: ['cls'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Length of the change, over all pixels in [0, 1]. */
    epsilon: v.optional(between(0.01, 20), 2),
    /** Rounds of the power iteration; the paper found no use in a second. */
    iterations: v.optional(wholeBetween(1, 5), 1),
    weight: v.optional(between(0, 100), 1),
    entropy: v.optional(between(0, 10), 0.1),
    rampSteps: v.optional(wholeBetween(0, 100_000), 0),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  ...stepCounter,
  targets({ tf, model, params, batch, random, config }) {
    const x = batch.views['image']!;
    const start = Float32Array.from({ length: x.size }, () => random.normal());
    const target = tf.softmax(model.logits(tf, params, x));
    const direction = adversarial(tf, model, params, x, target, {
      start: tf.tensor4d(start, x.shape),
      iterations: config.iterations,
    });
    return { target, moved: tf.add(x, tf.mul(direction, config.epsilon)) };
  },
  loss({ tf, model, params, memory, batch, config }, { target, moved }) {
    const ramp = rampUp(tf, memory, config);
    const plain = model.logits(tf, params, batch.views['image']!);
    const beside = model.logits(tf, params, moved as Tensor4D);
    const entropy = tf.mean(crossEntropy(tf, plain, tf.softmax(plain)));
    return {
      adversarial: tf.mul(
        tf.mean(divergence(tf, target!, beside)),
        tf.mul(ramp, config.weight),
      ) as Scalar,
      entropy: tf.mul(entropy, tf.mul(ramp, config.entropy)) as Scalar,
    };
  },
  report: () => ({}),
});

/**
 * Per image the direction in which the divergence from `target` grows fastest: the first eigenvector of
 * its Hessian, by power iteration with finite differences (section 3.3).
 * @param target [batch, classes], the prediction at x  @returns the shape of x, each image of length one
 */
export function adversarial(
  tf: Tf,
  model: Model,
  params: Params,
  x: Tensor4D,
  target: Tensor2D,
  { start, iterations }: { start: Tensor4D; iterations: number },
): Tensor4D {
  const slope = tf.grad((d) =>
    tf.sum(divergence(tf, target, model.logits(tf, params, tf.add(x, d) as Tensor4D))),
  );
  let direction = unit(tf, start);
  for (let i = 0; i < iterations; i++)
    direction = unit(tf, slope(tf.mul(direction, PROBE)) as Tensor4D);
  return direction;
}

/**
 * Every image divided by its length; the largest number first, since the square of a small one is lost.
 * Where nothing confuses the model, as long as its classifier is zero, there is no direction, and zero stays zero.
 */
function unit(tf: Tf, x: Tensor4D): Tensor4D {
  const largest = tf.add(tf.max(tf.abs(x), [1, 2, 3], true), 1e-20);
  const scaled: Tensor = tf.div(x, largest);
  const length = tf.sqrt(tf.sum(tf.square(scaled), [1, 2, 3], true));
  return tf.div(scaled, tf.maximum(length, 1e-6)) as Tensor4D;
}
