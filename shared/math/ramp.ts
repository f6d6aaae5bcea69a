import type { Params, Scalar, Tf } from '../nn/params.ts';

/** Steps over which the weight of unlabelled images rises: none, or where a central run starts from nothing. */
export type Ramp = { rampSteps: number };

/**
 * The sigmoid-shaped ramp-up `exp(-5 (1 - t)^2)` of Laine and Aila 2017 (section 2.1), from 0.007 to 1.
 * A volunteer begins with weights that have learnt from labels, and needs none.
 * @param memory counts the session's `steps`
 */
export function rampUp(tf: Tf, memory: Params, { rampSteps }: Ramp): Scalar {
  if (rampSteps === 0) return tf.scalar(1);
  const share = tf.minimum(1, tf.div(memory['steps']!, rampSteps));
  return tf.exp(tf.mul(-5, tf.square(tf.sub(1, share)))) as Scalar;
}

/** The counter that a ramp reads: an objective's `memory` and `remember`. */
export const stepCounter = {
  memory: ({ tf }: { tf: Tf }): Params => ({ steps: tf.scalar(0) }),
  remember: ({ tf, memory }: { tf: Tf; memory: Params }): Params => ({
    steps: tf.add(memory['steps']!, 1),
  }),
};
