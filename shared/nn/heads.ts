import type { ParamSpec } from '../weights/layout.ts';
import { dense, denseSpecs, l2Normalise, param } from './layers.ts';
import type { Params, Tensor2D, Tf } from './params.ts';

/** A head: what hangs on the embedding. Its parameters are named `head/<name>/...`. */
export type Head = {
  title: string;
  specs(features: number, classes: number): ParamSpec[];
  /** [batch, features] -> [batch, outputs] */
  apply(tf: Tf, params: Params, z: Tensor2D): Tensor2D;
};

/**
 * The cosine classifier (Gidaris and Komodakis 2018; Qi et al. 2018, arXiv:1712.07136): logits are
 * scaled cosines between the embedding and one vector a class. Those vectors live where prototypes
 * live, so a class learnt by gradient and one added from five examples are scored alike.
 */
export const COSINE_SCALE = 10;

const cls: Head = {
  title: 'cosine classifier over the base classes',
  specs: (features, classes) => [
    {
      name: 'head/cls/w',
      shape: [features, classes],
      init: { kind: 'he', fanIn: features },
    },
  ],
  apply(tf, params, z) {
    const w = param(params, 'head/cls/w') as Tensor2D;
    const unit = tf.div(w, tf.sqrt(tf.add(tf.sum(tf.square(w), 0, true), 1e-12))) as Tensor2D;
    return tf.mul(tf.matMul(l2Normalise(tf, z), unit), COSINE_SCALE) as Tensor2D;
  },
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
