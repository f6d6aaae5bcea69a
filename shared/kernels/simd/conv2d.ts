import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { geometryOf, type Geometry } from '../wasm/conv2d-geometry.ts';
import { eachFrame, type Windows } from './frames.ts';
import { registerSimd, replaced, type Simd } from './kernel.ts';

/**
 * Convolution and its two gradients, directly: no matrix of windows is ever made (im2col). All three
 * are sums over a window's rows of products of a stretch of the image, which lies side by side in
 * memory, with a stretch of a filter. Dilated filters are left to the kernel that was there before.
 */
export function registerConv2d(tf: Tf, module: WebAssembly.Module): void {
  const stock = replaced(tf, 'Conv2D');
  registerSimd(tf, module, 'Conv2D', (simd, inputs, attrs) => {
    const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
    const g = geometryOf(tf, x.shape, filter.shape, attrs);
    if (g.dilationHeight !== 1 || g.dilationWidth !== 1) return stock(simd, inputs, attrs);
    return forward(simd, x, filter, g);
  });
  registerSimd(tf, module, 'Conv2DBackpropInput', (simd, inputs, attrs) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', TensorInfo>;
    const g = geometryOf(tf, attrs['inputShape'] as number[], filter.shape, attrs);
    return inputGradient(simd, dy, filter, g);
  });
  registerSimd(tf, module, 'Conv2DBackpropFilter', (simd, inputs, attrs) => {
    const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
    const g = geometryOf(tf, x.shape, attrs['filterShape'] as number[], attrs);
    return filterGradient(simd, x, dy, g);
  });
}

/** The forward pass's windows: from the input into the output. */
function windowsOf(g: Geometry): Windows {
  return {
    image: { batch: g.batchSize, height: g.inHeight, width: g.inWidth, channels: g.inChannels },
    ...{ top: g.padInfo.top, left: g.padInfo.left, rows: g.filterHeight, columns: g.filterWidth },
    ...{ down: g.outHeight, across: g.outWidth },
    ...{ strideY: g.strideHeight, strideX: g.strideWidth },
    other: { height: g.outHeight, width: g.outWidth, channels: g.outChannels },
    ...{ firstY: 0, firstX: 0, stepY: 1, stepX: 1 },
  };
}

function forward(simd: Simd, x: TensorInfo, filter: TensorInfo, g: Geometry): TensorInfo {
  const out = simd.output(g.outShape);
  const perColumn = g.inChannels * g.outChannels;
  convolve(simd, simd.at(x), simd.at(out), windowsOf(g), {
    from: simd.at(filter),
    strides: [g.filterWidth * perColumn, perColumn, g.outChannels, 1],
  });
  return out;
}

/** A filter as it lies: address of its element [0, 0, 0, 0] and strides of row, column, input, output. */
type Filter = { from: number; strides: [number, number, number, number] };

/** Output channels in a block; assembly/convolve.ts has the same. */
export const BLOCK = 8;

/** Bytes of a packed filter, whose last block is filled up. */
export function packedBytes(perOutput: number, outputs: number): number {
  return 4 * perOutput * Math.ceil(outputs / BLOCK) * BLOCK;
}

function convolve(simd: Simd, x: number, out: number, w: Windows, filter: Filter): void {
  const { rows, columns, image, other } = w;
  const run = columns * image.channels;
  simd.scratch([packedBytes(rows * run, other.channels), 4 * BLOCK], (packed, rest) => {
    const shape = [rows, columns, image.channels, other.channels];
    simd.loops.pack(filter.from, packed, ...shape, ...filter.strides);
    eachFrame(simd, x, w, 0, ({ frame, pitch, list, count, before }) =>
      simd.loops.convolve(
        ...[frame, packed, out + before, list, count],
        ...[rows, run, pitch, other.channels, rest],
      ),
    );
  });
}

/**
 * dX as convolutions of dY, one for every place that an input can have between two strides: with a
 * stride of 2 there are four, each with the quarter of the filter's taps that fall on outputs.
 */
function inputGradient(simd: Simd, dy: TensorInfo, filter: TensorInfo, g: Geometry): TensorInfo {
  const out = simd.output(g.inShape);
  const phasesY = phases(g.inHeight, g.filterHeight, g.strideHeight, g.padInfo.top);
  const phasesX = phases(g.inWidth, g.filterWidth, g.strideWidth, g.padInfo.left);
  // Inputs that no window reaches stay zero.
  if ([...phasesY, ...phasesX].some(({ taps }) => taps === 0))
    simd.clear(simd.at(out), 4 * sizeOf(g));
  const perColumn = g.inChannels * g.outChannels;
  const perRow = g.filterWidth * perColumn;
  for (const y of phasesY)
    for (const x of phasesX) {
      if (y.taps === 0 || x.taps === 0) continue;
      const windows: Windows = {
        image: {
          batch: g.batchSize,
          height: g.outHeight,
          width: g.outWidth,
          channels: g.outChannels,
        },
        ...{ top: y.before, left: x.before, rows: y.taps, columns: x.taps },
        ...{ down: y.count, across: x.count, strideY: 1, strideX: 1 },
        other: { height: g.inHeight, width: g.inWidth, channels: g.inChannels },
        ...{ firstY: y.first, firstX: x.first, stepY: g.strideHeight, stepX: g.strideWidth },
      };
      convolve(simd, simd.at(dy), simd.at(out), windows, {
        from: simd.at(filter) + 4 * (y.lastTap * perRow + x.lastTap * perColumn),
        strides: [-g.strideHeight * perRow, -g.strideWidth * perColumn, 1, g.outChannels],
      });
    }
  return out;
}

const sizeOf = (g: Geometry) => g.batchSize * g.inHeight * g.inWidth * g.inChannels;

/** The inputs along one axis that have the same taps, and the padding of dY that makes them a convolution. */
type Phase = { first: number; count: number; taps: number; lastTap: number; before: number };

function phases(length: number, filter: number, stride: number, pad: number): Phase[] {
  const found: Phase[] = [];
  for (let tap = 0; tap < stride; tap++) {
    const first = (((tap - pad) % stride) + stride) % stride;
    if (first >= length) continue;
    const taps = tap < filter ? Math.ceil((filter - tap) / stride) : 0;
    const newest = (first + pad - tap) / stride;
    found.push({
      ...{ first, taps, count: Math.ceil((length - first) / stride) },
      ...{ lastTap: tap + stride * (taps - 1), before: taps - 1 - newest },
    });
  }
  return found;
}

function filterGradient(simd: Simd, x: TensorInfo, dy: TensorInfo, g: Geometry): TensorInfo {
  const out = simd.output(g.filterShape);
  const windows = windowsOf(g);
  const run = g.filterWidth * g.inChannels;
  const outputs = g.outChannels;
  const sumsBytes = simd.loops.filterSumsBytes(g.filterHeight, run, outputs);
  simd.scratch([sumsBytes], (sums) => {
    simd.clear(sums, sumsBytes);
    eachFrame(simd, simd.at(x), windows, 4 * BLOCK, (f) =>
      simd.loops.filterGradient(
        ...[f.frame, simd.at(dy) + f.before, sums, f.list, f.windows],
        ...[g.filterHeight, run, f.pitch, outputs, f.room],
      ),
    );
    simd.loops.unpackSums(sums, simd.at(out), g.filterHeight, run, outputs);
  });
  return out;
}
