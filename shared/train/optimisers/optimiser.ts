import type { Params, Scalar, Tensor, Tf } from '../../nn/params.ts';

/** What moves the student along its gradients. Its moments live one round: a volunteer does not send them. */
export type Optimiser = {
  /** Replaces every tensor of `params` that has a gradient by its stepped value; frees what it replaced, and the gradients. */
  step(params: Params, gradients: Params, rate: number): void;
  /** Running moments of the gradients, by parameter, of those that were stepped at least once; not to be disposed. */
  readonly moments: readonly Params[];
  /** Goes on after `steps` steps with these moments, which become its own. A zero is the same as none. */
  resume(moments: readonly Params[], steps: number): void;
  dispose(): void;
};

export type OptimiserOptions = {
  momentum: number;
  /** Norm to which the whole gradient is clipped before anything else. */
  clip: number;
};

/** What every gradient is multiplied by, so that all together are no longer than `clip`. */
export function clipScale(tf: Tf, gradients: Params, clip: number): Scalar {
  let squares: Tensor = tf.scalar(1e-12);
  for (const gradient of Object.values(gradients))
    squares = tf.add(squares, tf.sum(tf.square(gradient)));
  return tf.minimum(1, tf.div(clip, tf.sqrt(squares))) as Scalar;
}
