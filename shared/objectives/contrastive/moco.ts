import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { l2Normalise } from '../../nn/layers.ts';
import { enqueued, queueOf, sameImage } from '../../nn/queue.ts';
import type { Scalar, Tensor, Tensor2D, Tf } from '../../nn/params.ts';
import { slowCopy, slowFollowing, slowParams } from '../../nn/slow.ts';
import { allRows, defineObjective } from '../contract.ts';
import { embeddedRows, projected } from '../../train/features.ts';
import { between, wholeBetween } from '../settings.ts';

/**
 * MoCo (He et al. 2020): a view's key, by a slowly following encoder, is found among the keys of
 * earlier batches. The queue gives a tab with small batches as many negatives as a large one has.
 */
export const moco = defineObjective({
  title: 'MoCo',
  paper: 'https://arxiv.org/abs/1911.05722',
  summary:
    'Two views of one image find each other among a queue of earlier images, which a slow copy of the network has read. In place of SimCLR where batches have to be small.',
  views: { first: 'strong', second: 'strong' },
  heads: ['proj'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    temperature: v.optional(between(0.01, 1), 0.2),
    /** Keys that are kept. */
    queue: v.optional(wholeBetween(16, 65_536), 512),
    /** How much of itself the slow encoder keeps at each step. */
    momentum: v.optional(between(0, 0.9999), 0.99),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  memory(round) {
    const { tf, config, data, random } = round;
    // The volunteer's own images, not noise: a round is too short to fill a queue first.
    const rows = Array.from({ length: config.queue }, () => random.int(data.count));
    const keys = embeddedRows(round, 'strong', rows, projected);
    return { ...slowCopy(tf, round.params), keys, rows: tf.tensor1d(rows, 'float32') };
  },
  targets({ tf, model, memory, batch }) {
    const slow = slowParams(memory);
    const key = projected(model.embed(tf, slow, batch.views['second']!), tf, model, slow);
    return { key, same: sameImage(tf, queueOf(memory), batch.rows) };
  },
  loss({ tf, model, params, memory, batch, config }, { key, same }) {
    const z = model.head(tf, 'proj', params, model.embed(tf, params, batch.views['first']!));
    const among = { keys: queueOf(memory).keys, same: same! };
    return { contrast: infoNce(tf, z, key as Tensor2D, among, config.temperature) };
  },
  remember({ tf, params, memory, batch, config }, { key }) {
    const queue = enqueued(tf, queueOf(memory), key as Tensor2D, batch.rows);
    return { ...slowFollowing(tf, memory, params, config.momentum), ...queue };
  },
  report: () => ({}),
});

/**
 * InfoNCE with a queue (MoCo, equation 1): each query's own key against all that wait.
 * @param z [batch, dim], of any length  @param key [batch, dim], of unit length
 * @param among `keys` [size, dim], of unit length; `same` [batch, size], 1 where a key does not count
 */
export function infoNce(
  tf: Tf,
  z: Tensor2D,
  key: Tensor2D,
  among: { keys: Tensor2D; same: Tensor },
  temperature: number,
): Scalar {
  const query = l2Normalise(tf, z);
  const positive = tf.sum(tf.mul(query, key), 1, true);
  const negative = tf.sub(tf.matMul(query, among.keys, false, true), tf.mul(among.same, 1e9));
  const logits = tf.div(tf.concat([positive, negative], 1), temperature) as Tensor2D;
  const first = tf.oneHot(tf.zeros([z.shape[0]], 'int32'), logits.shape[1]);
  return tf.mean(crossEntropy(tf, logits, first)) as Scalar;
}
