import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { ParamSpec } from '../../weights/layout.ts';
import { denseSpecs } from '../layers.ts';
import type { Params, Tf } from '../params.ts';
import { denseAlong } from './dense-along.ts';

/** Of a block that reaches over `time` places: 1, 2, 4, ... */
export function dilationsOf(time: number): number[] {
  return Array.from({ length: Math.ceil(Math.log2(time)) }, (_, i) => 2 ** i);
}

export type ConvolutionSize = { inputs: number; filters: number; time: number };

export function temporalConvolutionSpecs(
  name: string,
  { inputs, filters, time }: ConvolutionSize,
): ParamSpec[] {
  return dilationsOf(time).flatMap((dilation, i) =>
    denseSpecs(`${name}/${dilation}`, 2 * (inputs + i * filters), 2 * filters),
  );
}

/** Channels behind a block. */
export function temporalConvolutionOutputs({ inputs, filters, time }: ConvolutionSize): number {
  return inputs + dilationsOf(time).length * filters;
}

/**
 * SNAIL's temporal convolution (Mishra et al. 2018, algorithm 1): dense blocks of causal convolutions
 * over two places, `dilation` apart, gated by tanh and sigmoid; each block's outcome stands behind its
 * input. A convolution over two places is a dense layer of both, side by side.
 * @param x [batch, time, inputs], no longer than the block reaches
 */
export function temporalConvolution(
  tf: Tf,
  p: Params,
  name: string,
  x: Tensor3D,
  time: number,
): Tensor3D {
  return dilationsOf(time).reduce((h, dilation) => {
    const both = tf.concat([h, delayed(tf, h, dilation)], 2) as Tensor3D;
    const [content, gate] = tf.split(denseAlong(tf, p, `${name}/${dilation}`, both), 2, 2) as [
      Tensor3D,
      Tensor3D,
    ];
    return tf.concat([h, tf.mul(tf.tanh(content), tf.sigmoid(gate))], 2) as Tensor3D;
  }, x);
}

/** Every place gets what stood `by` places before it; zeros where nothing did. */
function delayed(tf: Tf, x: Tensor3D, by: number): Tensor3D {
  const [batch, time, channels] = x.shape;
  const before = tf.zeros([batch, Math.min(by, time), channels]) as Tensor3D;
  if (by >= time) return before;
  return tf.concat([before, tf.slice(x, [0, 0, 0], [batch, time - by, channels])], 1);
}
