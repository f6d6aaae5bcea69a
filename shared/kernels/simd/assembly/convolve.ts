import { madd } from './lanes';

/** Output channels of one block: two vectors. */
export const BLOCK: i32 = 8;

/** Positions of one tile: with two vectors each, twelve sums, which is what 16 registers hold. */
export const TILE: i32 = 6;

/**
 * A filter of any strides in blocks of 8 output channels: [blocks, rows, run, 8], where `run` is the
 * stretch (column, channel) that lies side by side in an NHWC image. The last block is filled with zeros.
 * @param from the element [0, 0, 0, 0]; strides in elements
 */
export function pack(
  from: usize,
  to: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  outputs: i32,
  rowStride: i32,
  columnStride: i32,
  channelStride: i32,
  outputStride: i32,
): void {
  for (let first = 0; first < outputs; first += BLOCK) {
    const lanes = min(BLOCK, outputs - first);
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < columns; k++)
        for (let c = 0; c < channels; c++) {
          const at = first * outputStride + r * rowStride + k * columnStride + c * channelStride;
          let source = from + ((<usize>at) << 2);
          for (let lane = 0; lane < BLOCK; lane++) {
            store<f32>(to, lane < lanes ? load<f32>(source) : 0);
            to += 4;
            source += (<usize>outputStride) << 2;
          }
        }
  }
}

/**
 * Where the windows of `batch` frames begin and where their outputs go, as pairs of byte offsets,
 * the last pair repeated until the tile is full. A place may so be computed twice, to the same number.
 * @returns number of pairs, a multiple of 6
 */
export function places(
  to: usize,
  batch: i32,
  countY: i32,
  countX: i32,
  strideY: i32,
  strideX: i32,
  frameHeight: i32,
  frameWidth: i32,
  channels: i32,
  firstY: i32,
  firstX: i32,
  stepY: i32,
  stepX: i32,
  outHeight: i32,
  outWidth: i32,
  outputs: i32,
): i32 {
  let count = 0;
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < countY; y++)
      for (let x = 0; x < countX; x++, count++, to += 8) {
        const from = (b * frameHeight + y * strideY) * frameWidth + x * strideX;
        const into = (b * outHeight + firstY + y * stepY) * outWidth + firstX + x * stepX;
        store<i32>(to, (from * channels) << 2);
        store<i32>(to, (into * outputs) << 2, 4);
      }
  for (; count % TILE !== 0; count++, to += 8) store<u64>(to, load<u64>(to - 8));
  return count;
}

/**
 * out[place, o] = sum over rows and run of frame[place + row * pitch + i] * filter[row, i, o].
 * @param filter as `pack` has it  @param list as `places` has it
 * @param pitch bytes from a frame's row to the next
 */
export function convolve(
  frame: usize,
  filter: usize,
  out: usize,
  list: usize,
  count: i32,
  rows: i32,
  run: i32,
  pitch: i32,
  outputs: i32,
  rest: usize,
): void {
  const end = list + ((<usize>count) << 3);
  const perBlock = (<usize>(rows * run * BLOCK)) << 2;
  for (let first = 0; first < outputs; first += BLOCK, filter += perBlock, out += BLOCK << 2) {
    const whole = outputs - first >= BLOCK;
    for (let at = list; at < end; at += TILE << 3)
      tile(
        frame,
        filter,
        out,
        at,
        rows,
        (<usize>run) << 2,
        pitch,
        whole ? 0 : rest,
        outputs - first,
      );
  }
}

function tile(
  frame: usize,
  w: usize,
  out: usize,
  list: usize,
  rows: i32,
  run: usize,
  pitch: usize,
  rest: usize,
  lanes: i32,
): void {
  let p0 = frame + load<i32>(list);
  let p1 = frame + load<i32>(list, 8);
  let p2 = frame + load<i32>(list, 16);
  let p3 = frame + load<i32>(list, 24);
  let p4 = frame + load<i32>(list, 32);
  let p5 = frame + load<i32>(list, 40);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let b4 = a0;
  let b5 = a0;
  const skip = pitch - run;
  for (let row = 0; row < rows; row++) {
    for (const end = p0 + run; p0 < end; w += 32) {
      const u = v128.load(w);
      const v = v128.load(w, 16);
      let s = v128.load32_splat(p0);
      a0 = madd(s, u, a0);
      b0 = madd(s, v, b0);
      s = v128.load32_splat(p1);
      a1 = madd(s, u, a1);
      b1 = madd(s, v, b1);
      s = v128.load32_splat(p2);
      a2 = madd(s, u, a2);
      b2 = madd(s, v, b2);
      s = v128.load32_splat(p3);
      a3 = madd(s, u, a3);
      b3 = madd(s, v, b3);
      s = v128.load32_splat(p4);
      a4 = madd(s, u, a4);
      b4 = madd(s, v, b4);
      s = v128.load32_splat(p5);
      a5 = madd(s, u, a5);
      b5 = madd(s, v, b5);
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
      p4 += 4;
      p5 += 4;
    }
    p0 += skip;
    p1 += skip;
    p2 += skip;
    p3 += skip;
    p4 += skip;
    p5 += skip;
  }
  put(out + load<i32>(list, 4), a0, b0, rest, lanes);
  put(out + load<i32>(list, 12), a1, b1, rest, lanes);
  put(out + load<i32>(list, 20), a2, b2, rest, lanes);
  put(out + load<i32>(list, 28), a3, b3, rest, lanes);
  put(out + load<i32>(list, 36), a4, b4, rest, lanes);
  put(out + load<i32>(list, 44), a5, b5, rest, lanes);
}

/** Stores eight numbers, or by way of 32 bytes at `rest` the first few of them. */
function put(at: usize, a: v128, b: v128, rest: usize, lanes: i32): void {
  const to = rest ? rest : at;
  v128.store(to, a);
  v128.store(to, b, 16);
  if (rest) memory.copy(at, rest, (<usize>lanes) << 2);
}
