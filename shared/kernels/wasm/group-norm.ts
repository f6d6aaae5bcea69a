import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { GROUP_NORM, GROUP_NORM_GRAD, groupsOf, type GroupNormAttrs } from '../group-norm.ts';
import { registerWasm } from './kernel.ts';

/**
 * GroupNorm (Wu and He 2018) with the ReLU behind it, in two passes over the wasm heap. Composed
 * from tfjs's ops it costs as much as the convolutions around it: a dozen small ops, each with the
 * slow broadcasting path. These loops run as JavaScript on the heap, single precision in, double
 * precision within a channel's sums.
 */
export function registerGroupNorm(tf: Tf): void {
  registerWasm(tf, GROUP_NORM, (wasm, inputs, attrs) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', TensorInfo>;
    const out = wasm.output(x.shape);
    forward(wasm.view(x), wasm.view(gamma), wasm.view(beta), wasm.view(out), {
      ...groupsOf(x, attrs['groups'] as number),
      ...(attrs as GroupNormAttrs),
    });
    return out;
  });
  registerWasm(tf, GROUP_NORM_GRAD, (wasm, inputs, attrs) => {
    const { x, gamma, beta, dy } = inputs as Record<'x' | 'gamma' | 'beta' | 'dy', TensorInfo>;
    const outs = [wasm.output(x.shape), wasm.output(gamma.shape), wasm.output(beta.shape)] as const;
    const [dx, dGamma, dBeta] = outs;
    const views = { x, gamma, beta, dy, dx, dGamma, dBeta };
    const heap = Object.fromEntries(
      Object.entries(views).map(([name, tensor]) => [name, wasm.view(tensor)]),
    ) as Record<keyof typeof views, Float32Array>;
    backward(heap, { ...groupsOf(x, attrs['groups'] as number), ...(attrs as GroupNormAttrs) });
    return [...outs];
  });
}

type Geometry = ReturnType<typeof groupsOf> & GroupNormAttrs;

/** Scale and shift of every channel of one image: y = x * scale + shift. */
function affine(
  x: Float32Array,
  start: number,
  gamma: Float32Array,
  beta: Float32Array,
  g: Geometry,
  scratch: Scratch,
): void {
  const { positions, channels, width, groups, epsilon } = g;
  const { sum, square, mean, rstd, scale, shift } = scratch;
  sum.fill(0);
  square.fill(0);
  for (let p = 0, at = start; p < positions; p++)
    for (let c = 0; c < channels; c++, at++) {
      const value = x[at]!;
      sum[c]! += value;
      square[c]! += value * value;
    }
  const count = positions * width;
  for (let group = 0; group < groups; group++) {
    let total = 0;
    let squares = 0;
    for (let c = group * width; c < (group + 1) * width; c++) {
      total += sum[c]!;
      squares += square[c]!;
    }
    const average = total / count;
    mean[group] = average;
    rstd[group] = 1 / Math.sqrt(Math.max(squares / count - average * average, 0) + epsilon);
    for (let c = group * width; c < (group + 1) * width; c++) {
      scale[c] = gamma[c]! * rstd[group]!;
      shift[c] = beta[c]! - average * scale[c]!;
    }
  }
}

type Scratch = ReturnType<typeof scratchFor>;
function scratchFor(g: Geometry) {
  const perChannel = () => new Float64Array(g.channels);
  const perGroup = () => new Float64Array(g.groups);
  return {
    sum: perChannel(),
    square: perChannel(),
    scale: perChannel(),
    shift: perChannel(),
    mean: perGroup(),
    rstd: perGroup(),
  };
}

function forward(
  x: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  out: Float32Array,
  g: Geometry,
): void {
  const scratch = scratchFor(g);
  const { scale, shift } = scratch;
  const perImage = g.positions * g.channels;
  for (let b = 0, at = 0; b < g.batch; b++) {
    affine(x, b * perImage, gamma, beta, g, scratch);
    for (let p = 0; p < g.positions; p++)
      for (let c = 0; c < g.channels; c++, at++) {
        const y = x[at]! * scale[c]! + shift[c]!;
        out[at] = g.relu && y < 0 ? 0 : y;
      }
  }
}

/**
 * With h the normalised input and g = dy * gamma (zero where the ReLU was shut):
 * dx = rstd * (g - mean(g) - h * mean(g * h)), means over the group; dGamma = sum dy*h, dBeta = sum dy.
 */
function backward(
  heap: Record<'x' | 'gamma' | 'beta' | 'dy' | 'dx' | 'dGamma' | 'dBeta', Float32Array>,
  g: Geometry,
): void {
  const { x, gamma, beta, dy, dx, dGamma, dBeta } = heap;
  const { positions, channels, width, groups } = g;
  const scratch = scratchFor(g);
  const { mean, rstd, scale, shift } = scratch;
  const flow = new Float64Array(channels); // sum of dy
  const along = new Float64Array(channels); // sum of dy * x
  const toX = new Float64Array(channels); // dx = dy * scale + x * toX + toOne
  const toOne = new Float64Array(channels);
  dGamma.fill(0);
  dBeta.fill(0);
  const perImage = positions * channels;
  for (let b = 0; b < g.batch; b++) {
    const start = b * perImage;
    affine(x, start, gamma, beta, g, scratch);
    flow.fill(0);
    along.fill(0);
    for (let p = 0, at = start; p < positions; p++)
      for (let c = 0; c < channels; c++, at++) {
        const value = x[at]!;
        if (g.relu && value * scale[c]! + shift[c]! <= 0) continue;
        flow[c]! += dy[at]!;
        along[c]! += dy[at]! * value;
      }
    for (let group = 0; group < groups; group++) {
      const [m, r] = [mean[group]!, rstd[group]!];
      let meanG = 0;
      let meanGH = 0;
      for (let c = group * width; c < (group + 1) * width; c++) {
        const alongH = (along[c]! - m * flow[c]!) * r;
        dGamma[c]! += alongH;
        dBeta[c]! += flow[c]!;
        meanG += gamma[c]! * flow[c]!;
        meanGH += gamma[c]! * alongH;
      }
      meanG /= positions * width;
      meanGH /= positions * width;
      for (let c = group * width; c < (group + 1) * width; c++) {
        toX[c] = -r * r * meanGH;
        toOne[c] = -r * meanG + r * r * m * meanGH;
      }
    }
    for (let p = 0, at = start; p < positions; p++)
      for (let c = 0; c < channels; c++, at++) {
        const value = x[at]!;
        const open = !g.relu || value * scale[c]! + shift[c]! > 0;
        dx[at] = (open ? dy[at]! * scale[c]! : 0) + value * toX[c]! + toOne[c]!;
      }
  }
}
