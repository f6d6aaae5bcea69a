import type { ParamSpec } from '../weights/layout.ts';
import { dense, denseSpecs } from './layers.ts';
import type { Params, Tensor2D, Tf } from './params.ts';

/** Numbers that are kept of each piece. */
const WIDTH = 64;

/**
 * One answer about several images of a row: each is made small by the same layer, then all are looked
 * at together (the siamese head of Doersch et al. 2015, figure 3).
 */
export function pieceSpecs(
  name: string,
  features: number,
  pieces: number,
  outputs: number,
): ParamSpec[] {
  return [
    ...denseSpecs(`${name}/0`, features, WIDTH),
    ...denseSpecs(`${name}/1`, pieces * WIDTH, outputs),
  ];
}

/** [batch * pieces, features], a row's pieces one after the other -> [batch, outputs] */
export function joinPieces(tf: Tf, p: Params, name: string, z: Tensor2D, pieces: number): Tensor2D {
  const small = tf.relu(dense(tf, p, `${name}/0`, z));
  return dense(tf, p, `${name}/1`, tf.reshape(small, [-1, pieces * WIDTH]) as Tensor2D);
}
