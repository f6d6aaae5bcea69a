import { conv, convSpecs, normRelu, normSpecs } from './layers.ts';
import type { Net } from './net.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from './params.ts';

type Block = { name: string; inputs: number; width: number; stride: number };

/**
 * Wide residual networks (Zagoruyko and Komodakis 2016): the semi-supervised literature's network on
 * CIFAR. Three stages of blocks, normalisation and ReLU in front of each convolution; GroupNorm in
 * batch norm's place. @param depth 6n + 4: n blocks a stage
 */
export function wideResnet(depth: number, widening: number): Net {
  const start = 16;
  const blocks = blocksOf((depth - 4) / 6, start, widening);
  const { width } = blocks.at(-1)!;
  return {
    title: `Wide ResNet ${depth}-${widening}`,
    paper: 'https://arxiv.org/abs/1605.07146',
    features: () => width,
    specs: ({ channels }) => [
      ...convSpecs('backbone/conv', channels, start),
      ...blocks.flatMap(blockSpecs),
      ...normSpecs('backbone/norm', width),
    ],
    embed(tf, params, x) {
      const stem = conv(tf, params, 'backbone/conv', x);
      const h = blocks.reduce((before, block) => residual(tf, params, block, before), stem);
      return tf.mean(normRelu(tf, params, 'backbone/norm', h, width / 8), [1, 2]) as Tensor2D;
    },
  };
}

function blocksOf(each: number, start: number, widening: number): Block[] {
  return [0, 1, 2].flatMap((stage) =>
    Array.from({ length: each }, (_, i) => {
      const width = start * widening * 2 ** stage;
      const before = stage === 0 ? start : width / 2;
      return {
        ...{ name: `backbone/stage${stage}/block${i}`, width },
        ...{ inputs: i === 0 ? before : width, stride: i === 0 && stage > 0 ? 2 : 1 },
      };
    }),
  );
}

function blockSpecs({ name, inputs, width }: Block) {
  return [
    ...normSpecs(`${name}/norm1`, inputs),
    ...convSpecs(`${name}/conv1`, inputs, width),
    ...normSpecs(`${name}/norm2`, width),
    ...convSpecs(`${name}/conv2`, width, width),
    ...(inputs === width ? [] : convSpecs(`${name}/shortcut`, inputs, width, 1)),
  ];
}

function residual(
  tf: Tf,
  params: Params,
  { name, inputs, width, stride }: Block,
  x: Tensor4D,
): Tensor4D {
  const active = normRelu(tf, params, `${name}/norm1`, x, inputs / 8);
  const inner = conv(tf, params, `${name}/conv1`, active, stride);
  const normal = normRelu(tf, params, `${name}/norm2`, inner, width / 8);
  const outer = conv(tf, params, `${name}/conv2`, normal);
  const same = inputs === width ? x : conv(tf, params, `${name}/shortcut`, active, stride);
  return tf.add(same, outer) as Tensor4D;
}
