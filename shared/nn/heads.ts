import type { ParamSpec } from '../weights/layout.ts';
import { dense, denseSpecs } from './layers.ts';
import type { Params, Tensor2D, Tf } from './params.ts';

/** A head: what hangs on the embedding. Its parameters are named `head/<name>/...`. */
export type Head = {
  title: string;
  specs(features: number, classes: number): ParamSpec[];
  /** [batch, features] -> [batch, outputs] */
  apply(tf: Tf, params: Params, z: Tensor2D): Tensor2D;
};

const cls: Head = {
  title: 'linear classifier over the base classes',
  specs: (features, classes) => [
    // From zero: the first predictions are uniform, whatever the embedding's scale is.
    { name: 'head/cls/w', shape: [features, classes], init: { kind: 'constant', value: 0 } },
    { name: 'head/cls/b', shape: [classes], init: { kind: 'constant', value: 0 } },
  ],
  apply: (tf, params, z) => dense(tf, params, 'head/cls', z),
};

const PROJECTION = 64;

/** SimCLR's projector: contrast is taken behind two dense layers, and the embedding in front of them kept. */
const proj: Head = {
  title: 'two-layer projector of the contrastive objectives',
  specs: (features) => [
    ...denseSpecs('head/proj/0', features, PROJECTION * 2),
    ...denseSpecs('head/proj/1', PROJECTION * 2, PROJECTION),
  ],
  apply(tf, params, z) {
    const hidden = tf.relu(dense(tf, params, 'head/proj/0', z)) as Tensor2D;
    return dense(tf, params, 'head/proj/1', hidden);
  },
};

export const HEADS = { cls, proj } satisfies Record<string, Head>;
export type HeadName = keyof typeof HEADS;
