import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { sinkhorn } from '../../math/sinkhorn.ts';
import { l2Normalise } from '../../nn/layers.ts';
import type { Scalar, Tensor2D, Tf } from '../../nn/params.ts';
import { enqueued, queueOf, sameImage } from '../../nn/queue.ts';
import { slowCopy, slowFollowing, slowParams } from '../../nn/slow.ts';
import { allRows, defineObjective } from '../contract.ts';
import { embeddedRows, projected } from '../../train/features.ts';
import { between, wholeBetween } from '../settings.ts';

/** Rescalings of the transport plan, as in the paper. */
const ROUNDS = 3;

/**
 * PsCo (Jang, Lee and Shin 2023): the images of a batch are the classes of a few-shot task; their
 * shots are found in a queue of earlier images, shared out fairly by optimal transport.
 */
export const psco = defineObjective({
  title: 'PsCo',
  paper: 'https://arxiv.org/abs/2303.00996',
  summary:
    'Finds for every image others of its kind in a queue of earlier ones, and learns to tell these groups apart as a few-shot task. The strongest of those that see one batch at a time, once the network knows a little: not for the first steps from nothing.',
  views: { first: 'strong', second: 'strong' },
  heads: ['proj', 'pred'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Images of the queue that are taken for an image's own kind. */
    shots: v.optional(wholeBetween(1, 16), 4),
    temperature: v.optional(between(0.01, 1), 0.2),
    /** Of the optimal transport: the smaller, the harder the choice. */
    epsilon: v.optional(between(0.01, 1), 0.05),
    queue: v.optional(wholeBetween(16, 65_536), 512),
    momentum: v.optional(between(0, 0.9999), 0.99),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  memory(round) {
    const { tf, config, data, random } = round;
    const rows = Array.from({ length: config.queue }, () => random.int(data.count));
    const keys = embeddedRows(round, 'strong', rows, projected);
    return { ...slowCopy(tf, round.params), keys, rows: tf.tensor1d(rows, 'float32') };
  },
  targets({ tf, model, memory, batch, config }) {
    const slow = slowParams(memory);
    const key = projected(model.embed(tf, slow, batch.views['second']!), tf, model, slow);
    const queue = queueOf(memory);
    const scores = tf.matMul(key, queue.keys, false, true) as Tensor2D;
    const plan = sinkhorn(tf, scores, { epsilon: config.epsilon, rounds: ROUNDS });
    const { indices } = tf.topk(plan, config.shots);
    const supports = tf.gather(queue.keys, tf.reshape(indices, [-1]) as never);
    return { key, supports, same: sameImage(tf, queue, batch.rows) };
  },
  loss({ tf, model, params, memory, batch, config }, { key, supports, same }) {
    const z = model.head(tf, 'proj', params, model.embed(tf, params, batch.views['first']!));
    const query = l2Normalise(tf, model.head(tf, 'pred', params, z));
    const { shots, temperature } = config;
    const negative = tf.sub(
      tf.matMul(query, queueOf(memory).keys, false, true),
      tf.mul(same!, 1e9),
    );
    const positive = tf.sum(tf.mul(query, key!), 1, true);
    const logits = tf.div(tf.concat([positive, negative], 1), temperature) as Tensor2D;
    const first = tf.oneHot(tf.zeros([batch.rows.length], 'int32'), logits.shape[1]);
    return {
      task: taskLoss(tf, query, supports as Tensor2D, { shots, temperature }),
      contrast: tf.mean(crossEntropy(tf, logits, first)),
    };
  },
  remember({ tf, params, memory, batch, config }, { key }) {
    const queue = enqueued(tf, queueOf(memory), key as Tensor2D, batch.rows);
    return { ...slowFollowing(tf, memory, params, config.momentum), ...queue };
  },
  report: () => ({}),
});

/**
 * Each query against the shots of all (equation 6): the mean over its own of -log softmax.
 * @param query [batch, dim]  @param supports [batch * shots, dim], a query's own one after the other; of unit length
 */
export function taskLoss(
  tf: Tf,
  query: Tensor2D,
  supports: Tensor2D,
  { shots, temperature }: { shots: number; temperature: number },
): Scalar {
  const batch = query.shape[0];
  const logits = tf.div(tf.matMul(query, supports, false, true), temperature) as Tensor2D;
  const own = tf.reshape(tf.tile(tf.expandDims(tf.eye(batch), 2), [1, 1, shots]), logits.shape);
  return tf.mean(crossEntropy(tf, logits, tf.div(own, shots))) as Scalar;
}
