import { dense, denseSpecs } from './layers.ts';
import type { InputSpec, Net } from './net.ts';
import type { Params, Tensor2D, Tf } from './params.ts';
import { layerNorm, layerNormSpecs } from './sequence/layer-norm.ts';

const LAYERS = [200, 200];

/**
 * Two hidden layers of 200 on the bare pixels: McMahan et al. 2017's "2NN", with layer normalisation.
 * Knows nothing of images; a yardstick, and the fastest.
 */
export const mlp: Net = {
  title: 'Perceptron, two layers of 200',
  paper: 'https://arxiv.org/abs/1602.05629',
  features: () => LAYERS.at(-1)!,
  specs: (input) =>
    LAYERS.flatMap((width, i) => [
      ...denseSpecs(`backbone/dense${i + 1}`, i === 0 ? pixelsOf(input) : LAYERS[i - 1]!, width),
      ...layerNormSpecs(`backbone/norm${i + 1}`, width),
    ]),
  embed: (tf, params, x) =>
    LAYERS.reduce(
      (h, _, i) => layer(tf, params, i + 1, h),
      tf.reshape(x, [x.shape[0], -1]) as Tensor2D,
    ),
};

function pixelsOf({ size, channels }: InputSpec): number {
  return size * size * channels;
}

function layer(tf: Tf, params: Params, number: number, x: Tensor2D): Tensor2D {
  const y = dense(tf, params, `backbone/dense${number}`, x);
  return tf.relu(layerNorm(tf, params, `backbone/norm${number}`, y));
}
