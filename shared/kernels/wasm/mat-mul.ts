import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { registerWasm, type Wasm } from './kernel.ts';

/**
 * Matrix products with transposes. tfjs's wasm kernel hands only the untransposed case to XNNPACK
 * and loops naively over the others; transposing first is four times faster on a dense layer's
 * gradients (docs/performance.md).
 */
export function registerMatMul(tf: Tf): void {
  const stock = tf.getKernel('BatchMatMul', 'wasm')?.kernelFunc;
  if (!stock) throw new Error('wasm: the stock kernel BatchMatMul is not there to build on');
  registerWasm(tf, 'BatchMatMul', (wasm, inputs, attrs) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const left = attrs['transposeA'] ? transposed(wasm, a) : a;
    const right = attrs['transposeB'] ? transposed(wasm, b) : b;
    const product = stock({
      inputs: { a: left, b: right },
      attrs: { transposeA: false, transposeB: false },
      backend: wasm.backend,
    });
    if (left !== a) wasm.free(left);
    if (right !== b) wasm.free(right);
    return product;
  });
}

/** Swaps the last two axes. */
function transposed(wasm: Wasm, x: TensorInfo): TensorInfo {
  const perm = x.shape.map((_, axis) => axis);
  const last = perm.length - 1;
  [perm[last], perm[last - 1]] = [perm[last - 1]!, perm[last]!];
  return wasm.run('Transpose', { x }, { perm });
}
