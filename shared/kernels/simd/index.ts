import type { Tf } from '../../nn/params.ts';
import { registerConv2d } from './conv2d.ts';
import { registerDepthwise } from './depthwise.ts';
import { registerGroupNorm } from './group-norm.ts';
import { registerMatMul } from './mat-mul.ts';
import { registerMaxPoolGrad } from './max-pool-grad.ts';
import { registerWholeModel } from './whole-model.ts';

/**
 * Puts the SIMD kernels in the place of those that are composed of tfjs's own.
 * @param module dist/kernels/simd.wasm, or relaxed-simd.wasm where the engine has it
 */
export function registerSimdKernels(tf: Tf, module: WebAssembly.Module): void {
  registerConv2d(tf, module);
  registerDepthwise(tf, module);
  registerGroupNorm(tf, module);
  registerMatMul(tf, module);
  registerMaxPoolGrad(tf, module);
  registerWholeModel(tf, module);
}
