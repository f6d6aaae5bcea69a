import * as v from 'valibot';
import { l2Normalise } from '../../nn/layers.ts';
import type { Scalar, Tensor2D, Tf } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';

/**
 * SimCLR (Chen et al. 2020): two views of one image find each other among the batch's others.
 * Needs no class at all, so it suits a crowd whose images nobody has named.
 */
export const simclr = defineObjective({
  title: 'SimCLR',
  paper: 'https://arxiv.org/abs/2002.05709',
  summary:
    'Pulls two strong views of one image together and pushes the rest of the batch away. For crowds whose images belong to no known class; the embedding is then used with few-shot prototypes.',
  views: { first: 'strong', second: 'strong' },
  heads: ['proj'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    temperature: v.optional(v.pipe(v.number(), v.minValue(0.05), v.maxValue(1)), 0.3),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets: () => ({}),
  loss({ tf, model, params, batch, config }) {
    const project = (view: string) =>
      model.head(tf, 'proj', params, model.embed(tf, params, batch.views[view]!));
    return { contrast: ntXent(tf, project('first'), project('second'), config.temperature) };
  },
  report: () => ({}),
});

/**
 * Normalised temperature-scaled cross-entropy over 2n views: view i's positive is the other view of
 * the same image, its negatives are the 2n - 2 others; itself is left out.
 * @param a [n, d]  @param b [n, d], row i of both from image i
 */
export function ntXent(tf: Tf, a: Tensor2D, b: Tensor2D, temperature: number): Scalar {
  const n = a.shape[0];
  const z = l2Normalise(tf, tf.concat([a, b], 0));
  const similarity = tf.div(tf.matMul(z, z, false, true), temperature);
  const self = tf.mul(tf.eye(2 * n), 1e9);
  const partner = tf.concat([tf.range(n, 2 * n, 1, 'int32'), tf.range(0, n, 1, 'int32')]);
  const positive = tf.oneHot(tf.cast(partner, 'int32'), 2 * n);
  const logProbability = tf.logSoftmax(tf.sub(similarity, self) as Tensor2D);
  return tf.neg(tf.div(tf.sum(tf.mul(logProbability, positive)), 2 * n)) as Scalar;
}
