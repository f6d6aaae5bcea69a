import { conv, convSpecs, normRelu, normSpecs } from './layers.ts';
import type { InputSpec, Net } from './net.ts';
import type { Tensor2D } from './params.ts';

/** Channels of the three stages; every stage halves the image. */
const STAGES = [32, 64, 96];

/**
 * Three strided 3x3 convolutions with GroupNorm and ReLU, after the all-convolutional net
 * (Springenberg et al. 2014): no pooling, a third of Conv-4's work on an image of the same size.
 */
export const strided: Net = {
  title: 'Strided CNN, 32-64-96 channels',
  paper: 'https://arxiv.org/abs/1412.6806',
  features(input: InputSpec) {
    const side = STAGES.reduce((s) => Math.ceil(s / 2), input.size);
    return side * side * (STAGES.at(-1) as number);
  },
  specs: ({ channels }) =>
    STAGES.flatMap((width, i) => [
      ...convSpecs(`backbone/conv${i + 1}`, i === 0 ? channels : (STAGES[i - 1] as number), width),
      ...normSpecs(`backbone/norm${i + 1}`, width),
    ]),
  embed(tf, params, x) {
    let h = x;
    STAGES.forEach((width, i) => {
      h = conv(tf, params, `backbone/conv${i + 1}`, h, 2);
      h = normRelu(tf, params, `backbone/norm${i + 1}`, h, width / 8);
    });
    return tf.reshape(h, [x.shape[0], -1]) as Tensor2D;
  },
};
