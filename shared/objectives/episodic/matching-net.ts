import * as v from 'valibot';
import { l2Normalise } from '../../nn/layers.ts';
import type { Tensor2D, Tf } from '../../nn/params.ts';
import { defineObjective } from '../contract.ts';
import { episodeSettings, inEpisodes, tasksOf } from '../../train/episodes.ts';
import { between } from '../settings.ts';

const config = v.strictObject({
  ...episodeSettings,
  /** What cosines are multiplied by before the softmax; the paper's 1 is all but uniform, and fragile. */
  scale: v.optional(between(1, 100), 10),
});

/** Attention of no example at all would have no logarithm. */
const LEAST = 1e-12;

/**
 * Matching networks (Vinyals et al. 2016) without the contextual embeddings: a query's class is that of
 * the examples that a softmax over cosines attends to.
 */
export const matchingNet = defineObjective({
  ...inEpisodes,
  title: 'Matching networks',
  paper: 'https://arxiv.org/abs/1606.04080',
  summary:
    'Learns in small games: an image must be recognised by its likeness to single examples of some classes. Suits projects whose classes have few and varied examples, together with the matching head; without labels, every image plays a class of its own.',
  heads: [],
  config,
  targets: (context) => ({ labels: tasksOf(context)[0]!.query.labels }),
  loss(context, { labels }) {
    const { tf, model, params, config: settings } = context;
    const { support, query } = tasksOf(context)[0]!;
    const all = model.embed(tf, params, tf.concat([support.images, query.images], 0));
    const z = l2Normalise(tf, all);
    const from = support.images.shape[0];
    const [examples, queries] = [tf.slice(z, [0, 0], [from, -1]), tf.slice(z, [from, 0])];
    const shares = sharesOf(tf, queries, examples, support.labels, settings.scale);
    const own = tf.sum(tf.mul(shares, labels!), 1);
    return { episode: tf.neg(tf.mean(tf.log(tf.add(own, LEAST)))) };
  },
});

/** A query's attention to each class, [queries, ways]; rows sum to one. @param labels [examples, ways] of 0 and 1 */
export function sharesOf(
  tf: Tf,
  queries: Tensor2D,
  examples: Tensor2D,
  labels: Tensor2D,
  scale: number,
): Tensor2D {
  const cosines = tf.matMul(queries, examples, false, true);
  return tf.matMul(tf.softmax(tf.mul(cosines, scale)) as Tensor2D, labels);
}
