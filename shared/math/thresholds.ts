import type { Tensor, Tensor2D, Tf } from '../nn/params.ts';

/**
 * FlexMatch's curriculum thresholds (Zhang et al. 2021, equations 7, 9 and 11): a class that few images
 * are surely of is still hard, and gets a lower bar. `b = s / max(max s, images left over)`,
 * `T = threshold * b / (2 - b)`.
 * @param sure [classes], images whose last sure prediction was the class  @param count all images
 */
export function flexThresholds(tf: Tf, sure: Tensor, count: number, threshold: number): Tensor {
  const unused = tf.sub(count, tf.sum(sure));
  const learnt = tf.div(sure, tf.maximum(tf.max(sure), unused));
  return tf.mul(tf.div(learnt, tf.sub(2, learnt)), threshold);
}

/**
 * FreeMatch's self-adaptive thresholds (Wang et al. 2023, equation 8): the mean confidence, lowered for
 * classes that are predicted less. (FL)^2 (Lee et al. 2024) takes the same once a round from one
 * client's images.
 * @param confidence mean of the highest probabilities  @param prior [classes], mean prediction
 */
export function freeThresholds(tf: Tf, confidence: Tensor, prior: Tensor): Tensor {
  return tf.mul(tf.div(prior, tf.max(prior)), confidence);
}

/** Which rows are as sure as their likeliest class demands, as 0 and 1. @param bars [classes] */
export function sureRows(tf: Tf, rows: Tensor2D, bars: Tensor): Tensor {
  const bar = tf.gather(bars, tf.argMax(rows, 1));
  return tf.cast(tf.greaterEqual(tf.max(rows, 1), bar), 'float32');
}
