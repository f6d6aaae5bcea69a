import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { ParamSpec } from '../../weights/layout.ts';
import { denseSpecs } from '../layers.ts';
import type { Params, Tf } from '../params.ts';
import { denseAlong } from './dense-along.ts';

export type AttentionSize = { inputs: number; keys: number; values: number };

export function attentionSpecs(name: string, { inputs, keys, values }: AttentionSize): ParamSpec[] {
  return [
    ...denseSpecs(`${name}/query`, inputs, keys),
    ...denseSpecs(`${name}/key`, inputs, keys),
    ...denseSpecs(`${name}/value`, inputs, values),
  ];
}

/**
 * SNAIL's causal attention block (Mishra et al. 2018, algorithm 2): every place looks at itself and
 * those before it, and what it finds stands behind what it was. The softmax runs over the keys.
 * @param x [batch, time, inputs]  @returns [batch, time, inputs + values]
 */
export function attention(tf: Tf, p: Params, name: string, x: Tensor3D): Tensor3D {
  const [query, key, value] = ['query', 'key', 'value'].map((part) =>
    denseAlong(tf, p, `${name}/${part}`, x),
  ) as [Tensor3D, Tensor3D, Tensor3D];
  const time = x.shape[1];
  const products = tf.div(tf.matMul(query, key, false, true), Math.sqrt(key.shape[2]));
  // Row t of the mask is one up to column t.
  const row = tf.reshape(tf.range(0, time), [time, 1]);
  const seen = tf.cast(tf.greaterEqual(row, tf.range(0, time)), 'float32');
  const weights = tf.softmax(tf.sub(products, tf.mul(tf.sub(1, seen), 1e9)));
  return tf.concat([x, tf.matMul(weights as Tensor3D, value)], 2);
}
