import * as v from 'valibot';
import { brier } from '../../math/losses.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import { rampUp, stepCounter } from '../../math/ramp.ts';

/**
 * Mean Teacher (Tarvainen and Valpola 2017): the student's answer on one look at an image follows what
 * the moving average of its own weights says of another. With an average that forgets at once it is
 * the Pi-model.
 */
export const meanTeacher = defineObjective({
  title: 'Mean Teacher',
  paper: 'https://arxiv.org/abs/1703.01780',
  summary:
    'The student follows a slow average of itself, on images that are changed more strongly for the student. Needs no threshold, so it learns from every image, unsure ones too.',
  views: { weak: 'weak', strong: 'strong' },
  heads: ['cls'],
  uses: { labels: false, teacher: true },
  config: v.strictObject({
    weight: v.optional(between(0, 1000), 1),
    rampSteps: v.optional(wholeBetween(0, 100_000), 0),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  ...stepCounter,
  targets: ({ tf, model, teacher, batch }) => ({
    target: tf.softmax(model.logits(tf, teacher, batch.views['weak']!)),
  }),
  loss({ tf, model, params, memory, batch, config }, { target }) {
    const logits = model.logits(tf, params, batch.views['strong']!);
    const weight = tf.mul(rampUp(tf, memory, config), config.weight);
    return { consistency: tf.mul(brier(tf, logits, target!), weight) };
  },
  report: () => ({}),
});
