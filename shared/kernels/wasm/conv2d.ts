import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { geometryOf } from './conv2d-geometry.ts';
import { registerWasm } from './kernel.ts';

/**
 * tfjs's own convolution, told its padding in numbers. By the name 'same' XNNPACK works it out itself,
 * and where a filter of even size meets an image that is no larger it gives zeros
 * (tests/kit/kernel-suite.ts).
 */
export function registerConv2d(tf: Tf): void {
  const stock = tf.getKernel('Conv2D', 'wasm')?.kernelFunc;
  if (!stock) throw new Error('wasm: the stock kernel Conv2D is not there to build on');
  registerWasm(tf, 'Conv2D', ({ backend }, inputs, attrs) => {
    const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
    const { top, bottom, left, right } = geometryOf(tf, x.shape, filter.shape, attrs).padInfo;
    const pad = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    return stock({ inputs, attrs: { ...attrs, pad, dimRoundingMode: 'floor' }, backend });
  });
}
