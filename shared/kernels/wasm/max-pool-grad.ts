import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { registerWasm } from './kernel.ts';

/**
 * Max-pooling's gradient for windows that do not overlap (2x2 stride 2, as conv nets have them):
 * each output hands its gradient to the first maximum of its own window, one pass, no search over
 * windows as in the stock kernel, which still serves every other case.
 */
export function registerMaxPoolGrad(tf: Tf): void {
  const stock = tf.getKernel('MaxPoolGrad', 'wasm')?.kernelFunc;
  if (!stock) throw new Error('wasm: the stock kernel MaxPoolGrad is not there to build on');
  registerWasm(tf, 'MaxPoolGrad', (wasm, inputs, attrs) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const pool = tf.backend_util.computePool2DInfo(
      input.shape as [number, number, number, number],
      attrs['filterSize'] as number,
      attrs['strides'] as number,
      1,
      attrs['pad'] as 'same' | 'valid' | number,
      attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    );
    const apart = pool.strideHeight >= pool.filterHeight && pool.strideWidth >= pool.filterWidth;
    const padded = Object.values(pool.padInfo).some((side) => typeof side === 'number' && side > 0);
    if (!apart || padded) return stock({ inputs, attrs, backend: wasm.backend });
    const out = wasm.output(input.shape);
    scatter(wasm.view(input), wasm.view(dy), wasm.view(out).fill(0), pool);
    return out;
  });
}

type Pool = {
  batchSize: number;
  inHeight: number;
  inWidth: number;
  inChannels: number;
  outHeight: number;
  outWidth: number;
  filterHeight: number;
  filterWidth: number;
  strideHeight: number;
  strideWidth: number;
};

function scatter(x: Float32Array, dy: Float32Array, dx: Float32Array, pool: Pool): void {
  const { inHeight, inWidth, inChannels: channels, filterHeight, filterWidth } = pool;
  const row = inWidth * channels;
  let out = 0;
  for (let b = 0; b < pool.batchSize; b++)
    for (let oy = 0; oy < pool.outHeight; oy++)
      for (let ox = 0; ox < pool.outWidth; ox++) {
        const corner =
          (b * inHeight + oy * pool.strideHeight) * row + ox * pool.strideWidth * channels;
        for (let c = 0; c < channels; c++, out++) {
          let best = corner + c;
          for (let i = 0; i < filterHeight; i++)
            for (let j = 0; j < filterWidth; j++) {
              const at = corner + i * row + j * channels + c;
              if (x[at]! > x[best]!) best = at;
            }
          dx[best]! += dy[out]!;
        }
      }
}
