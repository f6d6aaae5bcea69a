import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tensor, Tf } from '../nn/params.ts';

/** The kernels' names in tfjs's registry, and what they take beside the tensors. */
export const GROUP_NORM = 'ShoalGroupNorm';
export const GROUP_NORM_GRAD = 'ShoalGroupNormGrad';
export type GroupNormAttrs = { groups: number; epsilon: number; relu: boolean };

/**
 * Tells tfjs how to differentiate the fused normalisation: the gradient is one kernel with three
 * results. Needed once an engine, on whichever backend has the fused kernels.
 */
export function registerGroupNormGradient(tf: Tf): void {
  if (tf.getGradient(GROUP_NORM)) return;
  tf.registerGradient({
    kernelName: GROUP_NORM,
    inputsToSave: ['x', 'gamma', 'beta'],
    gradFunc: (dy, saved, attrs) => {
      const [x, gamma, beta] = saved as [Tensor, Tensor, Tensor];
      // All three come from one pass, made here and not in the closures: tfjs runs each closure in
      // a tidy of its own, which would free the other two.
      const [dx, dGamma, dBeta] = tf
        .engine()
        .runKernel(
          GROUP_NORM_GRAD,
          { x, gamma, beta, dy: dy as Tensor },
          attrs,
        ) as unknown as Tensor[];
      return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta! };
    },
  });
}

/** Group normalisation's geometry: [batch, positions, channels] with channels in equal groups. */
export function groupsOf(x: TensorInfo, groups: number) {
  const channels = x.shape[x.shape.length - 1]!;
  if (channels % groups !== 0)
    throw new Error(`groupNorm: ${channels} channels do not fall into ${groups} equal groups`);
  const batch = x.shape[0]!;
  const positions = x.shape.slice(1, -1).reduce((a, b) => a * b, 1);
  return { batch, positions, channels, width: channels / groups };
}
