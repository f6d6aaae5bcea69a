import { GROUP_NORM } from '../kernels/group-norm.ts';
import type { ParamSpec } from '../weights/layout.ts';
import type { Params, Tensor, Tensor2D, Tensor4D, Tf } from './params.ts';

const EPSILON = 1e-5;

export function convSpecs(name: string, inputs: number, outputs: number, size = 3): ParamSpec[] {
  return [
    {
      name: `${name}/w`,
      shape: [size, size, inputs, outputs],
      init: { kind: 'he', fanIn: size * size * inputs },
    },
  ];
}

/** A convolution without bias: the normalisation behind it has one. Shapes NHWC, padding 'same'. */
export function conv(tf: Tf, p: Params, name: string, x: Tensor4D, stride = 1): Tensor4D {
  return tf.conv2d(x, param(p, `${name}/w`) as Tensor4D, stride, 'same');
}

export function normSpecs(name: string, channels: number): ParamSpec[] {
  return [
    { name: `${name}/gamma`, shape: [channels], init: { kind: 'constant', value: 1 } },
    { name: `${name}/beta`, shape: [channels], init: { kind: 'constant', value: 0 } },
  ];
}

/**
 * Group normalisation (Wu and He 2018, arXiv:1803.08494) and ReLU. No statistics outlive the batch,
 * so there is nothing to average between volunteers (DESIGN: batch norm breaks twice in federation).
 * Fused where the backend has the kernel, composed elsewhere.
 */
export function normRelu(tf: Tf, p: Params, name: string, x: Tensor4D, groups: number): Tensor4D {
  return normalised(tf, p, name, x, groups, true);
}

/** Group normalisation alone: where a sum or another convolution follows. */
export function norm(tf: Tf, p: Params, name: string, x: Tensor4D, groups: number): Tensor4D {
  return normalised(tf, p, name, x, groups, false);
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167) and ReLU by the statistics of the
 * images at hand: nothing is kept for later.
 */
export function batchNormRelu(tf: Tf, p: Params, name: string, x: Tensor4D): Tensor4D {
  const centred = tf.sub(x, tf.mean(x, [0, 1, 2], true));
  const variance = tf.mean(tf.square(centred), [0, 1, 2], true);
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)));
  const scaled = tf.mul(normal, param(p, `${name}/gamma`));
  return tf.relu(tf.add(scaled, param(p, `${name}/beta`))) as Tensor4D;
}

function normalised(
  tf: Tf,
  p: Params,
  name: string,
  x: Tensor4D,
  groups: number,
  relu: boolean,
): Tensor4D {
  const gamma = param(p, `${name}/gamma`);
  const beta = param(p, `${name}/beta`);
  if (tf.getKernel(GROUP_NORM, tf.getBackend())) {
    const attrs = { groups, epsilon: EPSILON, relu };
    return tf.engine().runKernel(GROUP_NORM, { x, gamma, beta }, attrs) as unknown as Tensor4D;
  }
  const y = composedNorm(tf, x, gamma, beta, groups);
  return relu ? tf.relu(y) : y;
}

function composedNorm(tf: Tf, x: Tensor4D, gamma: Tensor, beta: Tensor, groups: number): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const grouped = tf.reshape(x, [batch, height * width, groups, channels / groups]);
  const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
  const variance = tf.mean(tf.square(centred), [1, 3], true);
  const normal = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))), x.shape);
  return tf.add(tf.mul(normal, gamma), beta) as Tensor4D;
}

export function denseSpecs(name: string, inputs: number, outputs: number): ParamSpec[] {
  return [
    { name: `${name}/w`, shape: [inputs, outputs], init: { kind: 'he', fanIn: inputs } },
    { name: `${name}/b`, shape: [outputs], init: { kind: 'constant', value: 0 } },
  ];
}

/** [batch, inputs] -> [batch, outputs] */
export function dense(tf: Tf, p: Params, name: string, x: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(x, param(p, `${name}/w`) as Tensor2D), param(p, `${name}/b`)) as Tensor2D;
}

/** Rows of length one; the small constant keeps the gradient of a zero row finite. */
export function l2Normalise(tf: Tf, x: Tensor2D): Tensor2D {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12))) as Tensor2D;
}

export function param(p: Params, name: string): Tensor {
  const tensor = p[name];
  if (!tensor)
    throw new Error(`nn: the parameter "${name}" is not among ${Object.keys(p).join(', ')}`);
  return tensor;
}
