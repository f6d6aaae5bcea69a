import * as v from 'valibot';
import { normalised, sharpened } from '../../math/distribution.ts';
import { brier, crossEntropy } from '../../math/losses.ts';
import { mixed, mixShares } from '../../math/mixup.ts';
import { range } from '../../math/random.ts';
import type { Scalar, Tensor2D, Tensor4D } from '../../nn/params.ts';
import { allRows, defineObjective, type LossTerms } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';
import { rampUp, stepCounter } from '../../math/ramp.ts';

/**
 * MixMatch (Berthelot et al. 2019): the guess of two looks, sharpened, labels both; then all images,
 * labelled ones too, are mixed with one another and learnt. Without labelled images at hand, a
 * volunteer mixes its own alone.
 */
export const mixmatch = defineObjective({
  title: 'MixMatch',
  paper: 'https://arxiv.org/abs/1905.02249',
  summary:
    'Averages and sharpens the guesses on two changed images, then learns from blends of pairs of images. Soft labels and a bounded loss forgive wrong guesses, at the price of slower learning.',
  views: { first: 'weak', second: 'weak' },
  heads: ['cls'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    temperature: v.optional(between(0.1, 2), 0.5),
    /** MixUp's Beta: the larger, the more even the blends. */
    alpha: v.optional(between(0.01, 1), 0.75),
    /** Of the unlabelled images' squared error, the mean over classes (the paper's 75 to 250). */
    weight: v.optional(between(0, 1000), 75),
    rampSteps: v.optional(wholeBetween(0, 100_000), 0),
  }),
  mixesLabelled: true,
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  ...stepCounter,
  targets({ tf, model, params, batch, labelled, random, config }) {
    const { first, second } = batch.views as { first: Tensor4D; second: Tensor4D };
    const predicted = tf.softmax(model.logits(tf, params, tf.concat([first, second], 0)));
    const [one, other] = tf.split(predicted, 2, 0) as [Tensor2D, Tensor2D];
    const guess = sharpened(tf, normalised(tf, tf.add(one, other)), config.temperature);
    const images = tf.concat([...(labelled ? [labelled.images] : []), first, second], 0);
    const labels = tf.concat([...(labelled ? [labelled.labels] : []), guess, guess], 0);
    const count = images.shape[0];
    const others = tf.tensor1d(random.shuffle(range(count)), 'int32');
    const shares = mixShares(count, config.alpha, random);
    return {
      images: mixed(tf, images, tf.gather(images, others), shares),
      labels: mixed(tf, labels, tf.gather(labels, others), shares),
    };
  },
  loss({ tf, model, params, memory, labelled, config }, targets): LossTerms {
    const [images, labels] = [targets['images'] as Tensor4D, targets['labels'] as Tensor2D];
    const [count, classes] = labels.shape;
    const known = labelled?.images.shape[0] ?? 0;
    const logits = model.logits(tf, params, images);
    const part = (of: Tensor2D, start: number, end: number) =>
      tf.slice(of, [start, 0], [end - start, classes]);
    const distance = brier(tf, part(logits, known, count), part(labels, known, count));
    const weight = tf.mul(rampUp(tf, memory, config), config.weight / classes);
    const unlabelled = tf.mul<Scalar>(distance, weight);
    if (!labelled) return { unlabelled };
    const own = crossEntropy(tf, part(logits, 0, known), part(labels, 0, known));
    return { unlabelled, labelled: tf.mean<Scalar>(own) };
  },
  report: () => ({}),
});
