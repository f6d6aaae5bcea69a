import type { Params, Tensor, Tensor2D, Tf } from './params.ts';

/** Keys of earlier images, the newest first, [size, dim], and the row that each came from, [size]. */
export type Queue = { keys: Tensor2D; rows: Tensor };

/** The queue out of an objective's memory. Not to be disposed. */
export function queueOf(memory: Params): Queue {
  return { keys: memory['keys'] as Tensor2D, rows: memory['rows']! };
}

/** Puts keys in at the front; as many leave at the end. @param keys [batch, dim] */
export function enqueued(tf: Tf, queue: Queue, keys: Tensor2D, rows: readonly number[]): Queue {
  const size = queue.keys.shape[0];
  return {
    keys: tf.slice(tf.concat([keys, queue.keys], 0), 0, size) as Tensor2D,
    rows: tf.slice(tf.concat([tf.tensor1d([...rows], 'float32'), queue.rows]), 0, size),
  };
}

/**
 * 1 where a key is of the very image that is looked for, else 0: [batch, size]. A volunteer has
 * fewer images than a queue has places, so that an image's own key must not count against it.
 */
export function sameImage(tf: Tf, queue: Queue, rows: readonly number[]): Tensor2D {
  const own = tf.tensor2d([...rows], [rows.length, 1], 'float32');
  return tf.cast(tf.equal(own, tf.expandDims(queue.rows, 0)), 'float32') as Tensor2D;
}
