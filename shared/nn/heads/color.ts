import { COLOUR_BINS } from '../../math/colour-bins.ts';
import { dense, denseSpecs } from '../layers.ts';
import type { Tensor2D } from '../params.ts';
import type { Head } from './head.ts';

/** Cells along each side of the image that a colour is told for. */
export const COLOUR_GRID = 8;
const HIDDEN = 64;

/** [batch, features] -> [batch, 8 * 8 * COLOUR_BINS], cell by cell, before the softmax */
export const color: Head = {
  title: 'colours of the image, cell by cell, as likelihoods of bins',
  specs: ({ features }) => [
    ...denseSpecs('head/color/0', features, HIDDEN),
    ...denseSpecs('head/color/1', HIDDEN, COLOUR_GRID ** 2 * COLOUR_BINS),
  ],
  apply(tf, params, z) {
    const hidden = tf.relu(dense(tf, params, 'head/color/0', z)) as Tensor2D;
    return dense(tf, params, 'head/color/1', hidden);
  },
};
