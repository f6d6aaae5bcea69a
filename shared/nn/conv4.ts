import { batchNormRelu, conv, convSpecs, normRelu, normSpecs } from './layers.ts';
import type { InputSpec, Net } from './net.ts';
import type { Tensor2D, Tensor4D } from './params.ts';

const BLOCKS = [1, 2, 3, 4];

/**
 * Four times (3x3 convolution, GroupNorm, ReLU, 2x2 max-pool): the few-shot literature's Conv-4
 * (Vinyals et al. 2016, Snell et al. 2017) with GroupNorm in batch norm's place.
 * @param ofBatch batch norm by the batch's own statistics, as the few-shot papers have it: a query then
 *   knows the episode's others. For comparison with them; not to be served with
 */
export function conv4(width: number, ofBatch = false): Net {
  const groups = width / 8;
  const sideOf = ({ size }: InputSpec) => {
    const side = BLOCKS.reduce((s) => Math.floor(s / 2), size);
    if (side < 1)
      throw new Error(`conv4: images of ${size} pixels vanish in four poolings, 16 is the least`);
    return side;
  };
  return {
    title: `Conv-4, ${width} channels${ofBatch ? ', batch norm' : ''}`,
    ofBatch,
    paper: 'https://arxiv.org/abs/1703.05175',
    features: (input) => sideOf(input) ** 2 * width,
    specs: ({ channels }) =>
      BLOCKS.flatMap((block) => [
        ...convSpecs(`backbone/conv${block}`, block === 1 ? channels : width, width),
        ...normSpecs(`backbone/norm${block}`, width),
      ]),
    embed(tf, params, x) {
      let h = x;
      for (const block of BLOCKS) {
        h = conv(tf, params, `backbone/conv${block}`, h);
        const name = `backbone/norm${block}`;
        h = ofBatch ? batchNormRelu(tf, params, name, h) : normRelu(tf, params, name, h, groups);
        h = tf.maxPool(h, 2, 2, 'valid') as Tensor4D;
      }
      return tf.reshape(h, [x.shape[0], -1]) as Tensor2D;
    },
  };
}
