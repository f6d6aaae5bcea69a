import { conv, convSpecs, norm, normRelu, normSpecs, param } from './layers.ts';
import type { Net } from './net.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from './params.ts';

/** Channels in and out of each inverted residual, how many times it widens in between, and its stride. */
const BLOCKS = [
  { inputs: 16, width: 16, expansion: 1, stride: 1 },
  { inputs: 16, width: 24, expansion: 6, stride: 2 },
  { inputs: 24, width: 24, expansion: 6, stride: 1 },
  { inputs: 24, width: 32, expansion: 6, stride: 2 },
  { inputs: 32, width: 32, expansion: 6, stride: 1 },
  { inputs: 32, width: 64, expansion: 6, stride: 2 },
  { inputs: 64, width: 64, expansion: 6, stride: 1 },
  { inputs: 64, width: 96, expansion: 6, stride: 1 },
].map((block, i) => ({ ...block, name: `backbone/block${i}` }));

type Block = (typeof BLOCKS)[number];

const STEM = 16;
const FEATURES = 256;

/**
 * A small MobileNetV2 (Sandler et al. 2018) for photographs of 96 pixels: inverted residuals, whose
 * spatial convolutions see one channel each, with linear bottlenecks. GroupNorm in batch norm's place.
 * Photographs ask for weights that were learnt elsewhere: import them, and freeze what is to stay.
 */
export const mobile: Net = {
  title: 'Small MobileNetV2, 256 features',
  paper: 'https://arxiv.org/abs/1801.04381',
  features: () => FEATURES,
  specs: ({ channels }) => [
    ...convSpecs('backbone/stem', channels, STEM),
    ...normSpecs('backbone/stem/norm', STEM),
    ...BLOCKS.flatMap(blockSpecs),
    ...convSpecs('backbone/top', BLOCKS.at(-1)!.width, FEATURES, 1),
    ...normSpecs('backbone/top/norm', FEATURES),
  ],
  embed(tf, params, x) {
    const stem = conv(tf, params, 'backbone/stem', x, 2);
    const first = normRelu(tf, params, 'backbone/stem/norm', stem, STEM / 8);
    const h = BLOCKS.reduce((before, block) => inverted(tf, params, block, before), first);
    const top = conv(tf, params, 'backbone/top', h);
    return tf.mean(
      normRelu(tf, params, 'backbone/top/norm', top, FEATURES / 8),
      [1, 2],
    ) as Tensor2D;
  },
};

function blockSpecs({ name, inputs, width, expansion }: Block) {
  const wide = inputs * expansion;
  return [
    ...convSpecs(`${name}/expand`, inputs, wide, 1),
    ...normSpecs(`${name}/expand/norm`, wide),
    {
      name: `${name}/depthwise/w`,
      shape: [3, 3, wide, 1],
      init: { kind: 'he', fanIn: 9 } as const,
    },
    ...normSpecs(`${name}/depthwise/norm`, wide),
    ...convSpecs(`${name}/project`, wide, width, 1),
    ...normSpecs(`${name}/project/norm`, width),
  ];
}

function inverted(
  tf: Tf,
  params: Params,
  { name, inputs, width, expansion, stride }: Block,
  x: Tensor4D,
): Tensor4D {
  const wide = inputs * expansion;
  const expanded = conv(tf, params, `${name}/expand`, x);
  const active = normRelu(tf, params, `${name}/expand/norm`, expanded, wide / 8);
  const filter = param(params, `${name}/depthwise/w`) as Tensor4D;
  const spatial = tf.depthwiseConv2d(active, filter, stride, 'same');
  const seen = normRelu(tf, params, `${name}/depthwise/norm`, spatial, wide / 8);
  const projected = conv(tf, params, `${name}/project`, seen);
  const out = norm(tf, params, `${name}/project/norm`, projected, width / 8);
  return inputs === width && stride === 1 ? (tf.add(x, out) as Tensor4D) : out;
}
