import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { GROUP_NORM, GROUP_NORM_GRAD, groupsOf, type GroupNormAttrs } from '../group-norm.ts';
import { isWhole, registerSimd, replaced } from './kernel.ts';

/**
 * GroupNorm (Wu and He 2018) with the ReLU behind it, and its gradient: two and three passes over an
 * image that the second cache holds. Channels that are no multiple of four are left to the kernel
 * that was there before.
 */
export function registerGroupNorm(tf: Tf, module: WebAssembly.Module): void {
  const before = replaced(tf, GROUP_NORM);
  registerSimd(tf, module, GROUP_NORM, (simd, inputs, attrs) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', TensorInfo>;
    const { groups, epsilon, relu } = attrs as GroupNormAttrs;
    const { batch, positions, channels, width } = groupsOf(x, groups);
    if (!isWhole(channels)) return before(simd, inputs, attrs);
    const out = simd.output(x.shape);
    simd.scratch([simd.loops.normScratchBytes(channels)], (scratch) =>
      simd.loops.groupNorm(
        ...[simd.at(x), simd.at(gamma), simd.at(beta), simd.at(out), scratch],
        ...[batch, positions, channels, width, epsilon, Number(relu)],
      ),
    );
    return out;
  });
  const gradientBefore = replaced(tf, GROUP_NORM_GRAD);
  registerSimd(tf, module, GROUP_NORM_GRAD, (simd, inputs, attrs) => {
    const { x, gamma, beta, dy } = inputs as Record<'x' | 'gamma' | 'beta' | 'dy', TensorInfo>;
    const { groups, epsilon, relu } = attrs as GroupNormAttrs;
    const { batch, positions, channels, width } = groupsOf(x, groups);
    if (!isWhole(channels)) return gradientBefore(simd, inputs, attrs);
    const outs = [x, gamma, beta].map(({ shape }) => simd.output(shape));
    simd.scratch([simd.loops.normScratchBytes(channels)], (scratch) =>
      simd.loops.groupNormGradient(
        ...[x, gamma, beta, dy, ...outs].map((tensor) => simd.at(tensor)),
        ...[scratch, batch, positions, channels, width, epsilon, Number(relu)],
      ),
    );
    return outs;
  });
}
