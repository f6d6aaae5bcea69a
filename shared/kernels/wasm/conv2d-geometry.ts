import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';

export type Geometry = ReturnType<typeof geometryOf>;

/**
 * Sizes, strides and paddings of a convolution from its kernel's attributes.
 * @param depthwise whether the filter is [height, width, channels, multiplier]
 * @throws on another layout than NHWC
 */
export function geometryOf(
  tf: Tf,
  input: number[],
  filter: number[],
  attrs: NamedAttrMap,
  depthwise = false,
) {
  if (attrs['dataFormat'] !== undefined && attrs['dataFormat'] !== 'NHWC')
    throw new Error(`conv2d on wasm: NHWC only, not ${String(attrs['dataFormat'])}`);
  return tf.backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    attrs['strides'] as number | [number, number],
    (attrs['dilations'] ?? 1) as number | [number, number],
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    depthwise,
  );
}
