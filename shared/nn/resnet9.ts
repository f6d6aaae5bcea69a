import { conv, convSpecs, normRelu, normSpecs } from './layers.ts';
import type { Net } from './net.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from './params.ts';

/** Each layer's channels, whether it halves the image, and whether two more convolutions are added to it. */
const LAYERS = [
  { width: 32, halves: false, residual: false },
  { width: 64, halves: true, residual: true },
  { width: 128, halves: true, residual: false },
  { width: 256, halves: true, residual: true },
];

/**
 * ResNet-9 of half the width of the one that DAWNBench was won with (Page 2018; the residual learning is
 * He et al. 2016's): 1.6 million parameters, an eighth of ResNet-18's work on 32 pixels.
 */
export const resnet9: Net = {
  title: 'ResNet-9, 32 to 256 channels',
  paper: 'https://arxiv.org/abs/1512.03385',
  features: () => LAYERS.at(-1)!.width,
  specs: ({ channels }) =>
    LAYERS.flatMap(({ width, residual }, i) => {
      const name = `backbone/layer${i}`;
      const inputs = i === 0 ? channels : LAYERS[i - 1]!.width;
      const more = residual ? ['residual1', 'residual2'] : [];
      return [
        ...layerSpecs(`${name}/conv`, inputs, width),
        ...more.flatMap((part) => layerSpecs(`${name}/${part}`, width, width)),
      ];
    }),
  embed(tf, params, x) {
    const h = LAYERS.reduce((before, { width, halves, residual }, i) => {
      const name = `backbone/layer${i}`;
      const y = layer(tf, params, `${name}/conv`, before, width);
      const pooled = halves ? (tf.maxPool(y, 2, 2, 'same') as Tensor4D) : y;
      if (!residual) return pooled;
      const inner = layer(tf, params, `${name}/residual1`, pooled, width);
      return tf.add(pooled, layer(tf, params, `${name}/residual2`, inner, width)) as Tensor4D;
    }, x);
    return tf.mean(h, [1, 2]) as Tensor2D;
  },
};

function layerSpecs(name: string, inputs: number, width: number) {
  return [...convSpecs(name, inputs, width), ...normSpecs(`${name}/norm`, width)];
}

function layer(tf: Tf, params: Params, name: string, x: Tensor4D, width: number): Tensor4D {
  return normRelu(tf, params, `${name}/norm`, conv(tf, params, name, x), width / 8);
}
