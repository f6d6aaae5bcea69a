import type { Tf } from '../../nn/params.ts';
import { registerCrossEntropyGradients } from '../cross-entropy.ts';
import { registerGroupNormGradient } from '../group-norm.ts';
import { registerConv2d } from './conv2d.ts';
import { registerCrossEntropy } from './cross-entropy.ts';
import { registerGroupNorm } from './group-norm.ts';
import { registerMaxPoolGrad } from './max-pool-grad.ts';
import { registerWholeModel } from './whole-model.ts';

/**
 * Makes a training step on tfjs's webgpu backend few dispatches, through tfjs's own extension point.
 * Call once an engine, after the stock webgpu kernels are registered.
 */
export function registerWebgpuKernels(tf: Tf): void {
  registerConv2d(tf);
  registerMaxPoolGrad(tf);
  registerGroupNorm(tf);
  registerCrossEntropy(tf);
  registerWholeModel(tf);
  registerGroupNormGradient(tf);
  registerCrossEntropyGradients(tf);
}
