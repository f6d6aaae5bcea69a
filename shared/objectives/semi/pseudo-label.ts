import * as v from 'valibot';
import { likeliest } from '../../math/distribution.ts';
import { crossEntropy } from '../../math/losses.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import {
  confidences,
  keptLabels,
  meanOf,
  predictAll,
  rowsTensor,
} from '../../train/label-table.ts';
import { rampUp, stepCounter } from '../../math/ramp.ts';

type State = { probability?: Float32Array; classes: number; kept: number[] };

/**
 * Pseudo-labels (Lee 2013): the model's own likeliest class is the label of the same image, where it
 * is sure of it. Nothing tells it of a mistake (the confirmation bias of Arazo et al. 2020, linked
 * here): the system that the others have to be better than.
 */
export const pseudoLabel = defineObjective({
  title: 'Pseudo-labels (self-training)',
  paper: 'https://arxiv.org/abs/1908.02983',
  summary:
    'The model learns its own confident guesses as if they were labels. The oldest way to use unlabelled images, and the one that the others are measured against.',
  views: { image: 'weak' },
  heads: ['cls'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    threshold: v.optional(between(0, 1.01), 0.95),
    /** round: all labels from the received weights; step: anew from the student at every step (Lee's). */
    labels: v.optional(v.picklist(['round', 'step']), 'round'),
    weight: v.optional(between(0, 100), 1),
    rampSteps: v.optional(wholeBetween(0, 100_000), 0),
  }),
  async begin(round): Promise<State> {
    const { classes } = round.model.spec;
    if (round.config.labels === 'step') return { classes, kept: allRows(round.data) };
    const probability = await predictAll(round, 'plain', 1);
    const sure = confidences(probability, classes);
    const kept = allRows(round.data).filter((row) => sure[row]! >= round.config.threshold);
    return { probability, classes, kept };
  },
  rows: ({ kept }) => kept,
  ...stepCounter,
  targets({ tf, model, params, state, batch, config: { threshold } }) {
    const { probability, classes } = state;
    const predicted = probability
      ? rowsTensor(tf, probability, batch.rows, classes)
      : tf.softmax(model.logits(tf, params, batch.views['image']!));
    const mask = tf.greaterEqual(tf.max(predicted, 1), threshold);
    return { labels: likeliest(tf, predicted), mask: tf.cast(mask, 'float32') };
  },
  loss({ tf, model, params, memory, batch, config }, { labels, mask }) {
    const logits = model.logits(tf, params, batch.views['image']!);
    // Over the whole batch, as FixMatch has it.
    const mean = tf.mean(tf.mul(crossEntropy(tf, logits, labels!), mask!));
    return { unlabelled: tf.mul(mean, tf.mul(rampUp(tf, memory, config), config.weight)) };
  },
  labels: ({ probability, classes, kept }) => probability && keptLabels(probability, classes, kept),
  report: ({ probability, classes, kept }) => {
    if (!probability) return {};
    const sure = confidences(probability, classes);
    return { coverage: kept.length / sure.length, confidence: meanOf(sure) };
  },
});
