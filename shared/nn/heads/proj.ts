import { dense, denseSpecs } from '../layers.ts';
import type { Tensor2D } from '../params.ts';
import type { Head } from './head.ts';

/** Numbers that a projection has, and its hidden layer twice as many. */
export const PROJECTION = 64;

/** SimCLR's projector: contrast is taken behind two dense layers, and the embedding in front of them kept. */
export const proj: Head = {
  title: 'two-layer projector of the contrastive objectives',
  specs: ({ features }) => [
    ...denseSpecs('head/proj/0', features, PROJECTION * 2),
    ...denseSpecs('head/proj/1', PROJECTION * 2, PROJECTION),
  ],
  apply(tf, params, z) {
    const hidden = tf.relu(dense(tf, params, 'head/proj/0', z)) as Tensor2D;
    return dense(tf, params, 'head/proj/1', hidden);
  },
};
