import type { Tf } from '../../nn/params.ts';
import { registerGroupNormGradient } from '../group-norm.ts';
import { registerConv2dGradients } from './conv2d-gradients.ts';
import { registerGroupNorm } from './group-norm.ts';
import { registerMatMul } from './mat-mul.ts';
import { registerMaxPoolGrad } from './max-pool-grad.ts';

/**
 * Makes tfjs's wasm backend able to train convolutional networks, through its own extension point.
 * Call once an engine, after the stock wasm kernels are registered.
 */
export function registerWasmKernels(tf: Tf): void {
  registerConv2dGradients(tf);
  registerMatMul(tf);
  registerMaxPoolGrad(tf);
  registerGroupNorm(tf);
  registerGroupNormGradient(tf);
}
