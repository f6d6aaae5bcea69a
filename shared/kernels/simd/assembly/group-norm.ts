import { madd, VECTOR } from './lanes';

/**
 * Numbers that are kept for each channel while an image is worked on, in stretches of `channels`
 * float32 behind one another; `first` begins where the image does.
 */
const SUM: usize = 0;
const SQUARES: usize = 1;
const MEAN: usize = 2;
const SCALE: usize = 3;
const SHIFT: usize = 4;
const FLOW: usize = 5;
const ALONG: usize = 6;
const SLOPE: usize = 7;
const LEVEL: usize = 8;

/** Bytes of scratch for so many channels. */
export function normScratchBytes(channels: i32): i32 {
  return (9 * channels) << 2;
}

/**
 * y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of a group of channels
 * of one image, and where `relu` is 1 no less than zero.
 * @param x [batch, positions, channels], channels a multiple of four
 */
export function groupNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  out: usize,
  scratch: usize,
  batch: i32,
  positions: i32,
  channels: i32,
  width: i32,
  epsilon: f64,
  relu: i32,
): void {
  const row = (<usize>channels) << 2;
  const floor = f32x4.splat(relu ? 0 : -Infinity);
  for (let b = 0; b < batch; b++) {
    affine(x, gamma, beta, scratch, positions, channels, width, epsilon);
    for (let p = 0; p < positions; p++)
      for (let c: usize = 0; c < row; c += VECTOR, x += VECTOR, out += VECTOR) {
        const at = scratch + c;
        const y = madd(v128.load(x), v128.load(at + SCALE * row), v128.load(at + SHIFT * row));
        v128.store(out, f32x4.max(y, floor));
      }
  }
}

/**
 * One image's mean, and scale and shift with which y = x * scale + shift, of every channel. Sums are
 * taken of the distance to the first position: a mean far from zero would drown the variance.
 */
function affine(
  x: usize,
  gamma: usize,
  beta: usize,
  scratch: usize,
  positions: i32,
  channels: i32,
  width: i32,
  epsilon: f64,
): void {
  const row = (<usize>channels) << 2;
  sums(x, scratch, positions, row);
  const each = 1 / <f64>positions;
  for (let first: usize = 0; first < row; first += (<usize>width) << 2) {
    const end = first + ((<usize>width) << 2);
    let mean: f64 = 0;
    for (let c = first; c < end; c += 4)
      mean += <f64>load<f32>(x + c) + each * <f64>load<f32>(scratch + SUM * row + c);
    mean /= <f64>width;
    let variance: f64 = 0;
    for (let c = first; c < end; c += 4) {
      const sum = each * <f64>load<f32>(scratch + SUM * row + c);
      const off = <f64>load<f32>(x + c) + sum - mean;
      variance += each * <f64>load<f32>(scratch + SQUARES * row + c) - sum * sum + off * off;
    }
    const rate = 1 / Math.sqrt(max(variance / <f64>width, 0) + epsilon);
    for (let c = first; c < end; c += 4) {
      const at = scratch + c;
      const scale = <f64>load<f32>(gamma + c) * rate;
      store<f32>(at + MEAN * row, <f32>mean);
      store<f32>(at + SCALE * row, <f32>scale);
      store<f32>(at + SHIFT * row, <f32>(<f64>load<f32>(beta + c) - mean * scale));
      store<f32>(at + SLOPE * row, <f32>rate);
    }
  }
}

function sums(x: usize, scratch: usize, positions: i32, row: usize): void {
  memory.fill(scratch, 0, 2 * row);
  let at = x;
  for (let p = 0; p < positions; p++)
    for (let c: usize = 0; c < row; c += VECTOR, at += VECTOR) {
      const sum = scratch + SUM * row + c;
      const squares = scratch + SQUARES * row + c;
      const away = f32x4.sub(v128.load(at), v128.load(x + c));
      v128.store(sum, f32x4.add(v128.load(sum), away));
      v128.store(squares, madd(away, away, v128.load(squares)));
    }
}

/**
 * The gradients. With h the normalised input, r one over the deviation and g = dy * gamma, zero where
 * the ReLU was shut: dx = r * (g - mean(g) - h * mean(g * h)), means over the group;
 * dGamma = sum of dy * h, dBeta = sum of dy.
 */
export function groupNormGradient(
  x: usize,
  gamma: usize,
  beta: usize,
  dy: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  scratch: usize,
  batch: i32,
  positions: i32,
  channels: i32,
  width: i32,
  epsilon: f64,
  relu: i32,
): void {
  const row = (<usize>channels) << 2;
  const bytes = row * positions;
  memory.fill(dGamma, 0, row);
  memory.fill(dBeta, 0, row);
  for (let b = 0; b < batch; b++, x += bytes, dy += bytes, dx += bytes) {
    affine(x, gamma, beta, scratch, positions, channels, width, epsilon);
    flows(x, dy, dx, scratch, positions, row, relu);
    slopes(gamma, dGamma, dBeta, scratch, positions, row, width);
    const end = dx + bytes;
    let from = x;
    for (let to = dx; to < end;)
      for (let c: usize = 0; c < row; c += VECTOR, to += VECTOR, from += VECTOR) {
        const at = scratch + c;
        const away = f32x4.sub(v128.load(from), v128.load(at + MEAN * row));
        const rest = madd(away, v128.load(at + SLOPE * row), v128.load(at + LEVEL * row));
        v128.store(to, madd(v128.load(to), v128.load(at + SCALE * row), rest));
      }
  }
}

/** dx = dy where the ReLU was open, and every channel's sums of it and of it times (x - mean). */
function flows(
  x: usize,
  dy: usize,
  dx: usize,
  scratch: usize,
  positions: i32,
  row: usize,
  relu: i32,
): void {
  memory.fill(scratch + FLOW * row, 0, 2 * row);
  const shut = f32x4.splat(relu ? 0 : -Infinity);
  for (let p = 0; p < positions; p++)
    for (let c: usize = 0; c < row; c += VECTOR, x += VECTOR, dy += VECTOR, dx += VECTOR) {
      const at = scratch + c;
      const value = v128.load(x);
      const y = madd(value, v128.load(at + SCALE * row), v128.load(at + SHIFT * row));
      const open = v128.and(v128.load(dy), f32x4.gt(y, shut));
      const away = f32x4.sub(value, v128.load(at + MEAN * row));
      v128.store(dx, open);
      v128.store(at + FLOW * row, f32x4.add(v128.load(at + FLOW * row), open));
      v128.store(at + ALONG * row, madd(open, away, v128.load(at + ALONG * row)));
    }
}

/** From a channel's sums its share of dGamma and dBeta, and dx = open * scale + (x - mean) * slope + level. */
function slopes(
  gamma: usize,
  dGamma: usize,
  dBeta: usize,
  scratch: usize,
  positions: i32,
  row: usize,
  width: i32,
): void {
  const size = (<usize>width) << 2;
  const count = <f64>positions * <f64>width;
  for (let first: usize = 0; first < row; first += size) {
    const rate = <f64>load<f32>(scratch + SLOPE * row + first);
    let meanFlow: f64 = 0;
    let meanAlong: f64 = 0;
    for (let c = first; c < first + size; c += 4) {
      const flow = load<f32>(scratch + FLOW * row + c);
      const along = <f64>load<f32>(scratch + ALONG * row + c) * rate;
      const weight = <f64>load<f32>(gamma + c);
      store<f32>(dGamma + c, load<f32>(dGamma + c) + <f32>along);
      store<f32>(dBeta + c, load<f32>(dBeta + c) + flow);
      meanFlow += weight * <f64>flow;
      meanAlong += weight * along;
    }
    const slope = <f32>((-rate * rate * meanAlong) / count);
    const level = <f32>((-rate * meanFlow) / count);
    for (let c = first; c < first + size; c += 4) {
      store<f32>(scratch + SLOPE * row + c, slope);
      store<f32>(scratch + LEVEL * row + c, level);
    }
  }
}
