import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { poolOf } from '../wasm/max-pool-grad.ts';
import { isWhole, registerSimd, replaced } from './kernel.ts';

/** Max-pooling's gradient, four channels at a time; other numbers of them as before. */
export function registerMaxPoolGrad(tf: Tf, module: WebAssembly.Module): void {
  const before = replaced(tf, 'MaxPoolGrad');
  registerSimd(tf, module, 'MaxPoolGrad', (simd, inputs, attrs) => {
    const { dy, input } = inputs as Record<'dy' | 'input', TensorInfo>;
    const pool = poolOf(tf, input, attrs);
    if (!isWhole(pool.inChannels)) return before(simd, inputs, attrs);
    const out = simd.output(input.shape);
    simd.loops.maxPoolGradient(
      ...[simd.at(input), simd.at(dy), simd.at(out)],
      ...[pool.batchSize, pool.inHeight, pool.inWidth, pool.inChannels],
      ...[pool.outHeight, pool.outWidth, pool.filterHeight, pool.filterWidth],
      ...[pool.strideHeight, pool.strideWidth, pool.padInfo.top, pool.padInfo.left],
    );
    return out;
  });
}
