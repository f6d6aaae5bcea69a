import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { registerWasm } from './kernel.ts';

/**
 * Max-pooling's gradient: each output hands its gradient to the first maximum of its own window,
 * one pass. The stock kernel searches the windows of every input instead, and where 'same' padding
 * is in play it drops gradients altogether (tests/kernels/wasm.test.ts).
 */
export function registerMaxPoolGrad(tf: Tf): void {
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
  padInfo: { top: number; left: number };
};

function scatter(x: Float32Array, dy: Float32Array, dx: Float32Array, pool: Pool): void {
  const { inHeight, inWidth, inChannels: channels, padInfo } = pool;
  const row = inWidth * channels;
  let out = 0;
  for (let b = 0; b < pool.batchSize; b++)
    for (let oy = 0; oy < pool.outHeight; oy++) {
      const y = oy * pool.strideHeight - padInfo.top;
      const [top, bottom] = [Math.max(0, y), Math.min(inHeight, y + pool.filterHeight)];
      for (let ox = 0; ox < pool.outWidth; ox++) {
        const left = ox * pool.strideWidth - padInfo.left;
        const columns = Math.min(inWidth, left + pool.filterWidth) - Math.max(0, left);
        const corner = (b * inHeight + top) * row + Math.max(0, left) * channels;
        for (let c = 0; c < channels; c++, out++) {
          let best = corner + c;
          for (let i = 0; i < bottom - top; i++)
            for (let j = 0; j < columns; j++) {
              const at = corner + i * row + j * channels + c;
              if (x[at]! > x[best]!) best = at;
            }
          dx[best]! += dy[out]!;
        }
      }
    }
}
