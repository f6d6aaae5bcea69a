import { dense, denseSpecs } from '../layers.ts';
import type { Tensor2D } from '../params.ts';
import type { Head } from './head.ts';

const HIDDEN = 128;

/** [batch, features] -> [batch, size * size * channels], unbounded */
export const recon: Head = {
  title: 'decoder from the embedding back to the image',
  specs: ({ features, input }) => [
    ...denseSpecs('head/recon/0', features, HIDDEN),
    ...denseSpecs('head/recon/1', HIDDEN, input.size ** 2 * input.channels),
  ],
  apply(tf, params, z) {
    const hidden = tf.relu(dense(tf, params, 'head/recon/0', z)) as Tensor2D;
    return dense(tf, params, 'head/recon/1', hidden);
  },
};
