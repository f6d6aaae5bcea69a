import { running } from '../../math/distribution.ts';
import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { l2Normalise } from '../../nn/layers.ts';
import type { Params, Tensor2D } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { embeddedRows, projected } from '../../train/features.ts';
import { between } from '../settings.ts';

/**
 * Instance discrimination (Wu et al. 2018): every image is a class of its own, told from all others
 * by a memory bank of what was last seen of each. A volunteer's images are few enough for the whole
 * softmax, which the paper has to estimate.
 */
export const instanceDiscrimination = defineObjective({
  title: 'Instance discrimination',
  paper: 'https://arxiv.org/abs/1805.01978',
  summary:
    'Tells every image from all other images of the volunteer by a memory bank with one entry each. Needs one view a step, so that a step costs half of what SimCLR asks; for up to some ten thousand images.',
  views: { image: 'strong' },
  heads: ['proj'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    temperature: v.optional(between(0.01, 1), 0.1),
    /** How much of itself an entry keeps when its image is seen again. */
    momentum: v.optional(between(0, 0.99), 0.5),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  memory: (round) => ({ bank: embeddedRows(round, 'plain', allRows(round.data), projected) }),
  targets({ tf, batch, memory }) {
    const count = memory['bank']!.shape[0]!;
    return { row: oneHot(tf, batch.rows, count) };
  },
  loss({ tf, model, params, memory, batch, config }, { row }) {
    const z = model.head(tf, 'proj', params, model.embed(tf, params, batch.views['image']!));
    const products = tf.matMul(l2Normalise(tf, z), bankOf(memory), false, true);
    const logits = tf.div(products, config.temperature) as Tensor2D;
    return { instance: tf.mean(crossEntropy(tf, logits, row!)) };
  },
  remember({ tf, model, params, memory, batch, config }, { row }) {
    const seen = projected(model.embed(tf, params, batch.views['image']!), tf, model, params);
    const bank = bankOf(memory);
    // A row can be in a batch twice: the mean of both.
    const times = tf.expandDims(tf.sum(row!, 0), 1);
    const mean = tf.div(tf.matMul(row as Tensor2D, seen, true), tf.maximum(times, 1));
    const mixed = running(tf, bank, mean, config.momentum);
    const isSeen = tf.minimum(times, 1);
    const kept = tf.mul(bank, tf.sub(1, isSeen));
    return { bank: tf.add(kept, tf.mul(l2Normalise(tf, mixed as Tensor2D), isSeen)) };
  },
  report: () => ({}),
});

function bankOf(memory: Params): Tensor2D {
  return memory['bank'] as Tensor2D;
}
