import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { geometryOf, type Geometry } from '../wasm/conv2d-geometry.ts';
import { registerSimd } from './kernel.ts';

/** The gradients of depthwise convolutions, which tfjs 4.22 has no wasm kernels for; dilated it differentiates none. */
export function registerDepthwise(tf: Tf, module: WebAssembly.Module): void {
  const geometry = (input: number[], filter: number[], attrs: NamedAttrMap) =>
    geometryOf(tf, input, filter, attrs, true);
  registerSimd(tf, module, 'DepthwiseConv2dNativeBackpropInput', (simd, inputs, attrs) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', TensorInfo>;
    const g = geometry(attrs['inputShape'] as number[], filter.shape, attrs);
    const out = simd.output(g.inShape);
    const places = [0, simd.at(filter), simd.at(dy), simd.at(out)];
    simd.loops.depthwiseGradient(...places, 0, ...sizesOf(g));
    return out;
  });
  registerSimd(tf, module, 'DepthwiseConv2dNativeBackpropFilter', (simd, inputs, attrs) => {
    const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
    const g = geometry(x.shape, attrs['filterShape'] as number[], attrs);
    const out = simd.output(g.filterShape);
    const places = [simd.at(x), 0, simd.at(dy), simd.at(out)];
    simd.loops.depthwiseGradient(...places, 1, ...sizesOf(g));
    return out;
  });
}

/** In the order of assembly/depthwise.ts. */
const sizesOf = (g: Geometry) => [
  ...[g.batchSize, g.inHeight, g.inWidth, g.inChannels, g.outChannels / g.inChannels],
  ...[g.outHeight, g.outWidth, g.filterHeight, g.filterWidth],
  ...[g.strideHeight, g.strideWidth, g.padInfo.top, g.padInfo.left],
];
