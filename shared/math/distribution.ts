import type { Tensor, Tensor2D, Tf } from '../nn/params.ts';

/** Rows of non-negative numbers, rescaled so that each sums to one. */
export function normalised(tf: Tf, rows: Tensor): Tensor2D {
  return tf.div(rows, tf.sum(rows, 1, true)) as Tensor2D;
}

/** MixMatch's sharpening (Berthelot et al. 2019, equation 7): `p^(1/T)`, rescaled. T below 1 makes it surer. */
export function sharpened(tf: Tf, rows: Tensor, temperature: number): Tensor2D {
  return normalised(tf, tf.pow(rows, 1 / temperature));
}

/**
 * ReMixMatch's distribution alignment (Berthelot et al. 2020, section 3.1) towards equally frequent
 * classes: `p * uniform / prior`, rescaled.
 * @param rows [images, classes]  @param prior [classes], the mean of the predictions
 */
export function aligned(tf: Tf, rows: Tensor, prior: Tensor): Tensor2D {
  // A class that was never predicted must not become infinitely likely.
  return normalised(tf, tf.div(rows, tf.add(prior, 1e-6)));
}

/** Each row's likeliest class as 0 and 1. */
export function likeliest(tf: Tf, rows: Tensor2D): Tensor2D {
  return tf.cast(tf.oneHot(tf.argMax(rows, 1), rows.shape[1]), 'float32') as Tensor2D;
}

/** Moves a running mean a little towards what is there now. */
export function running(tf: Tf, mean: Tensor, now: Tensor, decay: number): Tensor {
  return tf.add(tf.mul(mean, decay), tf.mul(now, 1 - decay));
}
