import type { Tensor } from '@tensorflow/tfjs-core';
import type { ParamSpec } from '../../weights/layout.ts';
import { normSpecs, param } from '../layers.ts';
import type { Params, Tf } from '../params.ts';

const EPSILON = 1e-5;

export function layerNormSpecs(name: string, channels: number): ParamSpec[] {
  return normSpecs(name, channels);
}

/** Layer normalisation (Ba et al. 2016, arXiv:1607.06450) over the last axis; any shape. */
export function layerNorm<T extends Tensor>(tf: Tf, p: Params, name: string, x: T): T {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(normal, param(p, `${name}/gamma`)), param(p, `${name}/beta`)) as T;
}
