import * as v from 'valibot';
import { brier } from '../../math/losses.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import { rampUp, stepCounter } from '../../math/ramp.ts';

/**
 * The Pi-model (Laine and Aila 2017): two looks at one image should be taken for the same. As in later
 * comparisons (Oliver et al. 2018) the look that is compared with is not differentiated.
 */
export const piModel = defineObjective({
  title: 'Pi-model',
  paper: 'https://arxiv.org/abs/1610.02242',
  summary:
    'Asks the model for the same answer on two random changes of one image, whatever the answer is. Simple and harmless; Mean Teacher is the better form of it.',
  views: { weak: 'weak', strong: 'strong' },
  heads: ['cls'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    weight: v.optional(between(0, 1000), 1),
    rampSteps: v.optional(wholeBetween(0, 100_000), 0),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  ...stepCounter,
  targets: ({ tf, model, params, batch }) => ({
    target: tf.softmax(model.logits(tf, params, batch.views['weak']!)),
  }),
  loss({ tf, model, params, memory, batch, config }, { target }) {
    const logits = model.logits(tf, params, batch.views['strong']!);
    const weight = tf.mul(rampUp(tf, memory, config), config.weight);
    return { consistency: tf.mul(brier(tf, logits, target!), weight) };
  },
  report: () => ({}),
});
