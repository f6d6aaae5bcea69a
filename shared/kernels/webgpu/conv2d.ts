import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { addPartials, filterGradient, splitsOf } from './conv2d-filter-gradient.ts';
import { forward } from './conv2d-forward.ts';
import { inputGradient } from './conv2d-input-gradient.ts';
import { CONV_THREADS, TILE } from './conv2d-source.ts';
import type { Device } from './device.ts';
import { registerWebgpu } from './register.ts';
import { THREADS } from './workgroup.ts';

/**
 * Convolution and its two gradients, directly on NHWC: no matrix of windows is made (im2col), one
 * dispatch each, and the filter's gradient a second one where its sums were split. Dilated filters
 * are left to the kernel that was there before: tfjs differentiates none.
 */
export function registerConv2d(tf: Tf): void {
  const stock = tf.getKernel('Conv2D', 'webgpu')?.kernelFunc;
  if (!stock) throw new Error('webgpu: the stock kernel Conv2D is not there to build on');
  registerWebgpu(tf, 'Conv2D', (device, inputs, attrs) => {
    const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
    const g = geometryOf(tf, x.shape, filter.shape, attrs);
    if (g.dilationHeight !== 1 || g.dilationWidth !== 1)
      return stock({ inputs, attrs, backend: device.backend });
    const out = device.output(g.outShape);
    const threads = Math.ceil(places(g) / TILE) * Math.ceil(g.outChannels / 4);
    device.run(forward(...lanes(g)), { x, weight: filter, out }, numbersOf(g), grid(threads));
    return out;
  });
  registerWebgpu(tf, 'Conv2DBackpropInput', (device, inputs, attrs) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', TensorInfo>;
    const g = geometryOf(tf, attrs['inputShape'] as number[], filter.shape, attrs);
    const dx = device.output(g.inShape);
    const [down, across] = [g.inHeight / g.strideHeight, g.inWidth / g.strideWidth].map(Math.ceil);
    const perClass = g.batchSize * down! * across!;
    const threads = Math.ceil(perClass / TILE) * Math.ceil(g.inChannels / 4);
    const numbers = { ...numbersOf(g), down: down!, across: across! };
    const [x, y] = grid(threads);
    const classes = g.strideHeight * g.strideWidth;
    device.run(inputGradient(...lanes(g)), { dy, weight: filter, dx }, numbers, [x, y, classes]);
    return dx;
  });
  registerWebgpu(tf, 'Conv2DBackpropFilter', (device, inputs, attrs) => {
    const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
    return filterGradientOf(
      device,
      x,
      dy,
      geometryOf(tf, x.shape, attrs['filterShape'] as number[], attrs),
    );
  });
}

function filterGradientOf(device: Device, x: TensorInfo, dy: TensorInfo, g: Geometry): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels } = g;
  const gradient = device.output([filterHeight, filterWidth, inChannels, outChannels]);
  const rows = filterHeight * filterWidth * inChannels;
  const splits = splitsOf({ places: places(g), lines: g.batchSize * g.outHeight, rows });
  const sums = splits === 1 ? gradient : device.output([splits, rows, outChannels]);
  const vectors = inChannels % 4 === 0 ? rows / 4 : Math.ceil(rows / 4);
  const tiles = vectors * Math.ceil(outChannels / 8);
  const groups = [Math.ceil(tiles / 8), splits] as const;
  device.run(filterGradient(...lanes(g)), { x, dy, sums }, numbersOf(g), groups);
  if (splits === 1) return gradient;
  const count = rows * outChannels;
  const total = { sums, total: gradient };
  device.run(addPartials, total, { count, splits }, [Math.ceil(count / THREADS)]);
  device.free(sums);
  return gradient;
}

type Geometry = ReturnType<typeof geometryOf>;

function geometryOf(tf: Tf, input: number[], filter: number[], attrs: Record<string, unknown>) {
  if (attrs['dataFormat'] !== undefined && attrs['dataFormat'] !== 'NHWC')
    throw new Error(`conv2d on webgpu: NHWC only, not ${String(attrs['dataFormat'])}`);
  return tf.backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    attrs['strides'] as number | [number, number],
    (attrs['dilations'] as number | [number, number] | undefined) ?? 1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
  );
}

/** Whether input and output channels can be read four at a time. */
const lanes = (g: Geometry) => [g.inChannels % 4 === 0, g.outChannels % 4 === 0] as const;

const places = (g: Geometry) => g.batchSize * g.outHeight * g.outWidth;

/** Workgroups for so many threads, in two dimensions where one is too short. */
function grid(threads: number): [number, number] {
  const groups = Math.ceil(threads / CONV_THREADS);
  const across = Math.min(groups, 65_535);
  return [across, Math.ceil(groups / across)];
}

function numbersOf(g: Geometry) {
  const { batchSize: batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = g;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = g;
  return {
    ...{ batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels },
    ...{ filterHeight, filterWidth, strideHeight, strideWidth },
    ...{ top: padInfo.top, left: padInfo.left },
  };
}
