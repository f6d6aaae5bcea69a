import type { Tensor2D, Tf } from '../nn/params.ts';

/** Whole numbers from 0 to `width - 1` as rows of 0 and 1: [named, width]. */
export function oneHot(tf: Tf, named: ArrayLike<number>, width: number): Tensor2D {
  return tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(named)), width), 'float32') as Tensor2D;
}
