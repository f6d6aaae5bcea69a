import { dense, denseSpecs } from '../layers.ts';
import type { Tensor2D } from '../params.ts';
import type { Head } from './head.ts';
import { PROJECTION } from './proj.ts';

/** BYOL's predictor: what only the student has, so that student and target cannot agree on nothing. */
export const pred: Head = {
  title: 'two-layer predictor behind the projector',
  specs: () => [
    ...denseSpecs('head/pred/0', PROJECTION, PROJECTION * 2),
    ...denseSpecs('head/pred/1', PROJECTION * 2, PROJECTION),
  ],
  apply(tf, params, z) {
    const hidden = tf.relu(dense(tf, params, 'head/pred/0', z)) as Tensor2D;
    return dense(tf, params, 'head/pred/1', hidden);
  },
};
