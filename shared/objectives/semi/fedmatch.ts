import * as v from 'valibot';
import { crossEntropy, divergence } from '../../math/losses.ts';
import { likeliest } from '../../math/distribution.ts';
import type { Params, Scalar, Tensor, Tensor2D, Tf } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';

/**
 * FedMatch's loss (Jeong et al. 2021): a student that agrees with helper models, on labels that most of
 * them vote for, and moves few weights. Its helpers are other clients' models; a volunteer here is
 * sent none, so the received model and the student's own average stand in for them. The paper's
 * second set of weights, trained on labels alone, is here the received model itself: what the
 * student adds to it is the part that has to stay sparse. Sending that part alone is the codec's work.
 */
export const fedmatch = defineObjective({
  title: 'FedMatch (two helpers)',
  paper: 'https://arxiv.org/abs/2006.12097',
  summary:
    'The student agrees with the received model and with its own average, and learns what two of the three vote for. For comparison with the paper of that name.',
  views: { weak: 'weak', strong: 'strong' },
  heads: ['cls'],
  uses: { labels: false, teacher: true },
  config: v.strictObject({
    /** A vote's label is kept when the student is at least this sure (the paper's 0.85). */
    threshold: v.optional(between(0, 1.01), 0.85),
    consistency: v.optional(between(0.001, 100), 1),
    /** Of the L1 norm of what the student adds to the received weights (the paper's 1e-5). */
    sparsity: v.optional(between(0, 0.01), 1e-5),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets({ tf, model, params, teacher, received, batch, config }) {
    const guess = (of: Params) =>
      tf.softmax(model.logits(tf, of, batch.views['weak']!)) as Tensor2D;
    const [own, first, second] = [guess(params), guess(received), guess(teacher)];
    const votes = tf.addN([own, first, second].map((rows) => likeliest(tf, rows))) as Tensor2D;
    const sure = tf.logicalAnd(
      tf.greaterEqual(tf.max(own, 1), config.threshold),
      tf.greaterEqual(tf.max(votes, 1), 2),
    );
    return { labels: likeliest(tf, votes), mask: tf.cast(sure, 'float32'), first, second };
  },
  loss({ tf, model, params, received, batch, config }, targets) {
    const { labels, mask, first, second } = targets as Record<string, Tensor>;
    const strong = model.logits(tf, params, batch.views['strong']!);
    const weak = model.logits(tf, params, batch.views['weak']!);
    const apart = tf.add(divergence(tf, first!, weak), divergence(tf, second!, weak));
    const added = tf.mul(distance(tf, params, received), config.sparsity);
    const helpers = tf.mul(tf.mean(apart), config.consistency / 2);
    return {
      voted: tf.mean(tf.mul(crossEntropy(tf, strong, labels!), mask!)),
      helpers: tf.add(helpers, added) as Scalar,
    };
  },
  report: () => ({}),
});

/** The L1 norm of what was added to the received weights. */
function distance(tf: Tf, params: Params, received: Params): Scalar {
  const sums = Object.entries(params).map(([name, now]) =>
    tf.sum(tf.abs(tf.sub(now, received[name]!))),
  );
  return tf.addN(sums) as Scalar;
}
