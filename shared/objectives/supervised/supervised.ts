import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { allRows, defineObjective } from '../contract.ts';

/**
 * Cross-entropy on labelled images under the strong view. The server's step after every
 * aggregation: without it federated self-training falls below the labelled-only model (SemiFL,
 * Diao et al. 2022, table 2: 40.3 against 81.7 %).
 */
export const supervised = defineObjective({
  title: 'Supervised',
  paper: 'https://arxiv.org/abs/2106.01432',
  summary:
    'Cross-entropy on labelled images under the strong augmentation. The server runs it on the seed set after every aggregation; a volunteer needs labels for it.',
  views: { image: 'strong' },
  heads: ['cls'],
  uses: { labels: true, teacher: false },
  config: v.strictObject({
    smoothing: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)), 0.1),
  }),
  begin: async ({ data }) => {
    if (!data.labels) throw new Error('supervised: the images have no labels');
    return { labels: data.labels };
  },
  rows: (_, data) => allRows(data),
  targets({ tf, model, batch, state, config }) {
    const { classes } = model.spec;
    const labels = batch.rows.map((row) => state.labels[row] as number);
    const hot = oneHot(tf, labels, classes);
    return { labels: tf.add(tf.mul(hot, 1 - config.smoothing), config.smoothing / classes) };
  },
  loss({ tf, model, params, batch }, { labels }) {
    const logits = model.logits(tf, params, batch.views['image']!);
    return { supervised: tf.mean(crossEntropy(tf, logits, labels!)) };
  },
  report: () => ({}),
});
