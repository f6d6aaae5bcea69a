import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { aligned, running, sharpened } from '../../math/distribution.ts';
import { crossEntropy } from '../../math/losses.ts';
import { mixed, mixShares } from '../../math/mixup.ts';
import { quarterTurned } from '../../math/quarter-turns.ts';
import { range } from '../../math/random.ts';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '../../nn/params.ts';
import { allRows, defineObjective, type LossTerms } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import { rampUp, stepCounter } from '../../math/ramp.ts';

/** About the 128 batches whose mean the paper keeps. */
const DECAY = 0.99;

/**
 * ReMixMatch (Berthelot et al. 2020): MixMatch whose guess, of the weak view, is aligned to equally
 * frequent classes and labels strong views too, and which also learns how far an image is turned.
 * One strong view where the paper's best has eight: images a step are what a tab has least of.
 */
export const remixmatch = defineObjective({
  title: 'ReMixMatch',
  paper: 'https://arxiv.org/abs/1911.09785',
  summary:
    'MixMatch with evenly shared labels, strongly changed images and a rotation puzzle beside it. The most robust with very few labels; the most work a step. Not for images that mean something else when turned.',
  views: { weak: 'weak', strong: 'strong' },
  heads: ['cls', 'rot'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    temperature: v.optional(between(0.1, 2), 0.5),
    alpha: v.optional(between(0.01, 1), 0.75),
    /** Of the mixed unlabelled images, of the strong view alone, and of the turns (the paper's three). */
    weight: v.optional(between(0, 100), 1.5),
    strongWeight: v.optional(between(0.001, 100), 0.5),
    turnWeight: v.optional(between(0.001, 100), 0.5),
    rampSteps: v.optional(wholeBetween(0, 100_000), 0),
  }),
  mixesLabelled: true,
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  memory: ({ tf, model }) => {
    const { classes } = model.spec;
    return { ...stepCounter.memory({ tf }), prior: tf.div(tf.ones([classes]), classes) };
  },
  remember: ({ tf, memory }, { predicted }) => ({
    ...stepCounter.remember({ tf, memory }),
    prior: running(tf, memory['prior']!, tf.mean(predicted!, 0), DECAY),
  }),
  targets({ tf, model, params, memory, batch, labelled, random, config }) {
    const { weak, strong } = batch.views as { weak: Tensor4D; strong: Tensor4D };
    const predicted = tf.softmax(model.logits(tf, params, weak));
    const guess = sharpened(tf, aligned(tf, predicted, memory['prior']!), config.temperature);
    const images = tf.concat([...(labelled ? [labelled.images] : []), strong, weak], 0);
    const labels = tf.concat([...(labelled ? [labelled.labels] : []), guess, guess], 0);
    const count = images.shape[0];
    const others = tf.tensor1d(random.shuffle(range(count)), 'int32');
    const shares = mixShares(count, config.alpha, random);
    const turns = batch.rows.map(() => random.int(4));
    return {
      ...{ predicted, guess },
      images: mixed(tf, images, tf.gather(images, others), shares),
      labels: mixed(tf, labels, tf.gather(labels, others), shares),
      turned: quarterTurned(tf, strong, turns),
      turns: oneHot(tf, turns, 4),
    };
  },
  loss({ tf, model, params, memory, batch, labelled, config }, targets): LossTerms {
    const named = targets as Record<string, Tensor>;
    const labels = named['labels'] as Tensor2D;
    const known = labelled?.images.shape[0] ?? 0;
    const ramp = rampUp(tf, memory, config);
    const distances = crossEntropy(
      tf,
      model.logits(tf, params, named['images'] as Tensor4D),
      labels,
    );
    const unlabelled = tf.mean(tf.slice(distances, known));
    const strong = model.logits(tf, params, batch.views['strong']!);
    const embedding = model.embed(tf, params, named['turned'] as Tensor4D);
    const turns = crossEntropy(tf, model.head(tf, 'rot', params, embedding), named['turns']!);
    const terms = {
      mixed: tf.mul<Scalar>(unlabelled, tf.mul(ramp, config.weight)),
      strong: tf.mul<Scalar>(
        tf.mean(crossEntropy(tf, strong, named['guess']!)),
        tf.mul(ramp, config.strongWeight),
      ),
      // Turns need no label, so nothing has to be waited for.
      turns: tf.mul<Scalar>(tf.mean(turns), config.turnWeight),
    };
    return labelled
      ? { ...terms, labelled: tf.mean<Scalar>(tf.slice(distances, 0, known)) }
      : terms;
  },
  report: () => ({}),
});
