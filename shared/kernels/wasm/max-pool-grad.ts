import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
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
    const pool = poolOf(tf, input, attrs);
    const out = wasm.output(input.shape);
    scatter(wasm.view(input), wasm.view(dy), wasm.view(out).fill(0), pool);
    return out;
  });
}

/** A pooling's geometry from its gradient's attributes. */
export function poolOf(tf: Tf, input: TensorInfo, attrs: NamedAttrMap) {
  return tf.backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    attrs['filterSize'] as number,
    attrs['strides'] as number,
    1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
  );
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

/** Windows are cut off at the image's edge: padding is never a maximum. */
function scatter(x: Float32Array, dy: Float32Array, dx: Float32Array, pool: Pool): void {
  const { inHeight, inWidth, inChannels: channels, padInfo } = pool;
  const row = inWidth * channels;
  let out = 0;
  for (let b = 0; b < pool.batchSize; b++)
    for (let oy = 0; oy < pool.outHeight; oy++) {
      const y = oy * pool.strideHeight - padInfo.top;
      const top = Math.max(0, y);
      const rows = Math.min(inHeight, y + pool.filterHeight) - top;
      for (let ox = 0; ox < pool.outWidth; ox++) {
        const left = ox * pool.strideWidth - padInfo.left;
        const first = Math.max(0, left);
        const width = (Math.min(inWidth, left + pool.filterWidth) - first) * channels;
        const corner = (b * inHeight + top) * row + first * channels;
        for (let c = 0; c < channels; c++, out++) {
          let best = corner + c;
          let most = x[best]!;
          for (let i = 0, line = best; i < rows; i++, line += row)
            for (let at = line; at < line + width; at += channels) {
              if (!(x[at]! > most)) continue;
              most = x[at]!;
              best = at;
            }
          dx[best]! += dy[out]!;
        }
      }
    }
}
