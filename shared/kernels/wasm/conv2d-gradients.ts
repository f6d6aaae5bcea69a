import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { geometryOf, type Geometry } from './conv2d-geometry.ts';
import { registerWasm, type Wasm } from './kernel.ts';

/**
 * The convolution's two gradients, composed from XNNPACK's own convolution. tfjs 4.22 has no
 * Conv2DBackpropFilter for wasm at all, and its Conv2DBackpropInput is a naive loop
 * (docs/performance.md has the figures).
 */
export function registerConv2dGradients(tf: Tf): void {
  registerWasm(tf, 'Conv2DBackpropFilter', (wasm, inputs, attrs) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const geometry = geometryOf(tf, x.shape, attrs['filterShape'] as number[], attrs);
    return filterGradient(wasm, x, dy, geometry);
  });
  registerWasm(tf, 'Conv2DBackpropInput', (wasm, inputs, attrs) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const geometry = geometryOf(tf, attrs['inputShape'] as number[], filter.shape, attrs);
    return inputGradient(wasm, dy, filter, geometry);
  });
}

/**
 * dW[i,j,c,o] = sum over b,y,x of X[b, y*s+i, x*s+j, c] * dY[b,y,x,o]: a convolution whose batch is
 * the channels and whose channels are the batch, with the stride become a dilation.
 */
function filterGradient(wasm: Wasm, x: TensorInfo, dy: TensorInfo, g: Geometry): TensorInfo {
  const image = wasm.run('Transpose', { x }, { perm: [3, 1, 2, 0] });
  const filter = wasm.run('Transpose', { x: dy }, { perm: [1, 2, 0, 3] });
  const { top, left } = g.padInfo;
  // What the stride leaves over at the far edge would give one row too many: pad for exactly
  // filterHeight x filterWidth outputs, cutting the image where the padding comes out negative.
  const bottom = (g.outHeight - 1) * g.strideHeight + g.filterHeight - g.inHeight - top;
  const right = (g.outWidth - 1) * g.strideWidth + g.filterWidth - g.inWidth - left;
  const cut = crop(wasm, image, Math.min(bottom, 0), Math.min(right, 0));
  const gradient = wasm.run(
    'Conv2D',
    { x: cut, filter },
    {
      strides: [1, 1],
      dilations: [g.strideHeight, g.strideWidth],
      pad: [
        [0, 0],
        [top, Math.max(bottom, 0)],
        [left, Math.max(right, 0)],
        [0, 0],
      ],
      dataFormat: 'NHWC',
    },
  );
  const result = wasm.run('Transpose', { x: gradient }, { perm: [1, 2, 0, 3] });
  if (cut !== image) wasm.free(cut);
  wasm.free(image, filter, gradient);
  return result;
}

/** Drops `-rows` rows and `-columns` columns at the far edge of an NHWC tensor. */
function crop(wasm: Wasm, x: TensorInfo, rows: number, columns: number): TensorInfo {
  if (rows === 0 && columns === 0) return x;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const size = [batch, height + rows, width + columns, channels];
  return wasm.run('Slice', { x }, { begin: [0, 0, 0, 0], size });
}

/** dX = dY, with zeros between where the stride skipped, convolved with the filter turned around. */
function inputGradient(wasm: Wasm, dy: TensorInfo, filter: TensorInfo, g: Geometry): TensorInfo {
  const spread = spreadByStride(wasm, dy, g);
  const turned = turnAround(wasm, filter);
  const top = g.filterHeight - 1 - g.padInfo.top;
  const left = g.filterWidth - 1 - g.padInfo.left;
  const bottom = g.inHeight + g.filterHeight - 1 - spread.shape[1]! - top;
  const right = g.inWidth + g.filterWidth - 1 - spread.shape[2]! - left;
  const gradient = wasm.run(
    'Conv2D',
    { x: spread, filter: turned },
    {
      strides: [1, 1],
      dilations: [1, 1],
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
      dataFormat: 'NHWC',
    },
  );
  if (spread !== dy) wasm.free(spread);
  wasm.free(turned);
  return gradient;
}

function spreadByStride(wasm: Wasm, dy: TensorInfo, g: Geometry): TensorInfo {
  if (g.strideHeight === 1 && g.strideWidth === 1) return dy;
  const [batch, height, width, channels] = dy.shape as [number, number, number, number];
  const rows = (height - 1) * g.strideHeight + 1;
  const columns = (width - 1) * g.strideWidth + 1;
  const out = wasm.output([batch, rows, columns, channels]);
  const from = wasm.view(dy);
  const to = wasm.view(out).fill(0);
  let read = 0;
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < height; y++) {
      let write = (b * rows + y * g.strideHeight) * columns * channels;
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) to[write + c] = from[read++]!;
        write += g.strideWidth * channels;
      }
    }
  return out;
}

/** [h, w, in, out] -> [h, w, out, in], rotated by 180 degrees. */
function turnAround(wasm: Wasm, filter: TensorInfo): TensorInfo {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const out = wasm.output([height, width, outputs, inputs]);
  const from = wasm.view(filter);
  const to = wasm.view(out);
  const places = height * width;
  for (let place = 0; place < places; place++) {
    const source = (places - 1 - place) * inputs * outputs;
    const target = place * inputs * outputs;
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        to[target + o * inputs + i] = from[source + i * outputs + o]!;
  }
  return out;
}
