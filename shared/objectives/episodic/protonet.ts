import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { l2Normalise } from '../../nn/layers.ts';
import type { Tensor2D, Tf } from '../../nn/params.ts';
import { defineObjective } from '../contract.ts';
import { episodeSettings, inEpisodes, tasksOf } from '../../train/episodes.ts';
import { between } from '../settings.ts';

const config = v.strictObject({
  ...episodeSettings,
  /**
   * cosine: of embeddings of unit length, which is what the edge compares with. euclidean: the
   * paper's, the squared distance over the embedding's length; bare, a first loss of hundreds makes
   * the first steps useless (measured: 89.7 against 92.4 % after seven minutes).
   */
  distance: v.optional(v.picklist(['cosine', 'euclidean']), 'cosine'),
  /** What similarities are multiplied by before the softmax: cosines alone are all but uniform. */
  scale: v.optional(between(1, 100), 10),
});

/**
 * Prototypical networks (Snell et al. 2017): a query has to lie nearest to the mean of its class's
 * support, among an episode's classes.
 */
export const protonet = defineObjective({
  ...inEpisodes,
  title: 'Prototypical networks',
  paper: 'https://arxiv.org/abs/1703.05175',
  summary:
    'Learns in small games: from one or a few examples of some classes, others of them must be recognised by the nearest mean. The first choice where later classes are added from a handful of examples; without labels, every image plays a class of its own.',
  heads: [],
  config,
  targets: (context) => ({ labels: tasksOf(context)[0]!.query.labels }),
  loss(context, { labels }) {
    const { tf, model, params, config: settings } = context;
    const { support, query } = tasksOf(context)[0]!;
    const z = model.embed(tf, params, tf.concat([support.images, query.images], 0));
    const rows = settings.distance === 'cosine' ? l2Normalise(tf, z) : z;
    const from = support.images.shape[0];
    const prototypes = meansOf(tf, tf.slice(rows, [0, 0], [from, -1]), support.labels);
    const logits = similarities(tf, tf.slice(rows, [from, 0]), prototypes, settings.distance);
    return { episode: tf.mean(crossEntropy(tf, tf.mul(logits, settings.scale), labels!)) };
  },
});

/** The mean of each class's rows, [ways, dim]. @param rows [n, dim]  @param labels [n, ways] of 0 and 1 */
export function meansOf(tf: Tf, rows: Tensor2D, labels: Tensor2D): Tensor2D {
  const counts = tf.reshape(tf.sum(labels, 0), [-1, 1]);
  return tf.div(tf.matMul(labels, rows, true), counts) as Tensor2D;
}

/**
 * How like each query is to each prototype, [queries, ways]: the cosine, or minus the squared distance
 * over the embedding's length. @param rows [queries, dim]  @param prototypes [ways, dim]
 */
export function similarities(
  tf: Tf,
  rows: Tensor2D,
  prototypes: Tensor2D,
  distance: 'cosine' | 'euclidean',
): Tensor2D {
  if (distance === 'cosine') return tf.matMul(rows, l2Normalise(tf, prototypes), false, true);
  const square = (x: Tensor2D) => tf.sum(tf.square(x), 1, true);
  const apart = tf.add(square(rows), tf.transpose(square(prototypes)));
  const distances = tf.sub(apart, tf.mul(tf.matMul(rows, prototypes, false, true), 2));
  return tf.div(distances, -rows.shape[1]) as Tensor2D;
}
