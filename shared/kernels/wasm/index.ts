import type { Tf } from '../../nn/params.ts';
import { registerCrossEntropyGradients } from '../cross-entropy.ts';
import { registerGroupNormGradient } from '../group-norm.ts';
import { registerSimdKernels } from '../simd/index.ts';
import { registerConv2d } from './conv2d.ts';
import { registerConv2dGradients } from './conv2d-gradients.ts';
import { registerCrossEntropy } from './cross-entropy.ts';
import { registerGroupNorm } from './group-norm.ts';
import { registerIdentity } from './identity.ts';
import { registerMatMul } from './mat-mul.ts';
import { registerMaxPoolGrad } from './max-pool-grad.ts';

/**
 * Makes tfjs's wasm backend able to train convolutional networks, through its own extension point.
 * Call once an engine, after the stock wasm kernels are registered.
 * @param simd the module of SIMD kernels; without it they are composed of tfjs's own
 */
export function registerWasmKernels(tf: Tf, simd?: WebAssembly.Module): void {
  registerConv2d(tf);
  registerConv2dGradients(tf);
  registerMatMul(tf);
  registerMaxPoolGrad(tf);
  registerIdentity(tf);
  registerCrossEntropy(tf);
  registerCrossEntropyGradients(tf);
  registerGroupNorm(tf);
  registerGroupNormGradient(tf);
  if (simd) registerSimdKernels(tf, simd);
}
