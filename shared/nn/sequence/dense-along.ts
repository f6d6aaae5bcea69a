import type { Tensor3D } from '@tensorflow/tfjs-core';
import { dense } from '../layers.ts';
import type { Params, Tensor2D, Tf } from '../params.ts';

/** The same dense layer at every place of a sequence: [batch, time, inputs] -> [batch, time, outputs]. */
export function denseAlong(tf: Tf, p: Params, name: string, x: Tensor3D): Tensor3D {
  const [batch, time, inputs] = x.shape;
  const rows = tf.reshape(x, [batch * time, inputs]) as Tensor2D;
  return tf.reshape(dense(tf, p, name, rows), [batch, time, -1]);
}
