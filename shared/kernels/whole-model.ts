import type { NamedTensorMap } from '@tensorflow/tfjs-core';
import type { Tensor, Tf } from '../nn/params.ts';

/**
 * Kernels over all parameters of a model at once. Inputs are lists of as many tensors each, one after
 * the other; what a kernel may overwrite is said with it. The caller gives such tensors up: it
 * disposes them unread, and goes on with the outputs.
 *
 * SGD with Nesterov momentum, the whole gradient clipped first: parameters and velocities, both
 * overwritten, and gradients. Outputs: parameters, velocities.
 */
export const SGD_STEP = 'ShoalSgdStep';
export type SgdStepAttrs = { count: number; rate: number; momentum: number; clip: number };

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980), the whole gradient clipped first: parameters, first
 * and second moments, all overwritten, and gradients. Outputs: parameters, first and second moments.
 */
export const ADAM_STEP = 'ShoalAdamStep';
export type AdamStepAttrs = {
  count: number;
  /** With the moments' corrections put in. */
  rate: number;
  first: number;
  second: number;
  epsilon: number;
  clip: number;
};

/** average <- decay * average + (1 - decay) * parameters: averages, overwritten, and parameters. Outputs: averages. */
export const AVERAGE_STEP = 'ShoalAverageStep';
export type AverageStepAttrs = { count: number; decay: number };

/** Runs one of them over `lists`. @returns the outputs, again as lists of as many tensors */
export function runOverAll<Attrs extends { count: number }>(
  tf: Tf,
  name: string,
  lists: readonly (readonly Tensor[])[],
  attrs: Omit<Attrs, 'count'>,
): Tensor[][] {
  const count = lists[0]!.length;
  const inputs = lists.flat() as unknown as NamedTensorMap;
  const made = tf.engine().runKernel(name, inputs, { ...attrs, count }) as unknown as Tensor[];
  return Array.from({ length: made.length / count }, (_, i) =>
    made.slice(i * count, (i + 1) * count),
  );
}
