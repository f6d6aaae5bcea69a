import { BLOCK } from './convolve';
import { madd } from './lanes';

/** Rows of the gradient that are summed at a time: with two vectors each, twelve sums. */
const ROWS: i32 = 6;

/** Bytes of the sums of one filter: [blocks, rows, run rounded up to 6, 8] float32. */
export function filterSumsBytes(rows: i32, run: i32, outputs: i32): i32 {
  return (ceil(outputs, BLOCK) * rows * ceil(run, ROWS) * ROWS * BLOCK) << 2;
}

/**
 * Adds to the sums what a few frames contribute: sums[row, i, o] += sum over places of
 * frame[place + row * pitch + i] * dy[place, o].
 * @param dy [count, outputs] from the first place's offset on  @param packed room for count * 8 numbers
 * @param list as `places` has it; up to 20 bytes behind a window are read
 */
export function filterGradient(
  frame: usize,
  dy: usize,
  sums: usize,
  list: usize,
  count: i32,
  rows: i32,
  run: i32,
  pitch: i32,
  outputs: i32,
  packed: usize,
): void {
  dy += load<i32>(list, 4);
  for (let first = 0; first < outputs; first += BLOCK) {
    gather(dy + ((<usize>first) << 2), packed, count, outputs, min(BLOCK, outputs - first));
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < run; i += ROWS, sums += (ROWS * BLOCK) << 2)
        addProducts(frame + row * pitch + (i << 2), packed, sums, list, count);
  }
}

/** The 8 channels of a block side by side: as they lie, eight of them share few of the cache's sets. */
function gather(dy: usize, to: usize, count: i32, outputs: i32, lanes: i32): void {
  const step = (<usize>outputs) << 2;
  for (const end = to + ((<usize>count) << 5); to < end; to += 32, dy += step) {
    if (lanes === BLOCK) {
      v128.store(to, v128.load(dy));
      v128.store(to, v128.load(dy, 16), 16);
    } else {
      memory.fill(to, 0, 32);
      memory.copy(to, dy, (<usize>lanes) << 2);
    }
  }
}

function addProducts(x: usize, dy: usize, sums: usize, list: usize, count: i32): void {
  let a0 = v128.load(sums);
  let b0 = v128.load(sums, 16);
  let a1 = v128.load(sums, 32);
  let b1 = v128.load(sums, 48);
  let a2 = v128.load(sums, 64);
  let b2 = v128.load(sums, 80);
  let a3 = v128.load(sums, 96);
  let b3 = v128.load(sums, 112);
  let a4 = v128.load(sums, 128);
  let b4 = v128.load(sums, 144);
  let a5 = v128.load(sums, 160);
  let b5 = v128.load(sums, 176);
  for (const end = list + ((<usize>count) << 3); list < end; list += 8, dy += 32) {
    const p = x + load<i32>(list);
    const u = v128.load(dy);
    const v = v128.load(dy, 16);
    let s = v128.load32_splat(p);
    a0 = madd(s, u, a0);
    b0 = madd(s, v, b0);
    s = v128.load32_splat(p, 4);
    a1 = madd(s, u, a1);
    b1 = madd(s, v, b1);
    s = v128.load32_splat(p, 8);
    a2 = madd(s, u, a2);
    b2 = madd(s, v, b2);
    s = v128.load32_splat(p, 12);
    a3 = madd(s, u, a3);
    b3 = madd(s, v, b3);
    s = v128.load32_splat(p, 16);
    a4 = madd(s, u, a4);
    b4 = madd(s, v, b4);
    s = v128.load32_splat(p, 20);
    a5 = madd(s, u, a5);
    b5 = madd(s, v, b5);
  }
  v128.store(sums, a0);
  v128.store(sums, b0, 16);
  v128.store(sums, a1, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, a2, 64);
  v128.store(sums, b2, 80);
  v128.store(sums, a3, 96);
  v128.store(sums, b3, 112);
  v128.store(sums, a4, 128);
  v128.store(sums, b4, 144);
  v128.store(sums, a5, 160);
  v128.store(sums, b5, 176);
}

/** The sums as a filter's gradient, [rows, run, outputs]. */
export function unpackSums(sums: usize, to: usize, rows: i32, run: i32, outputs: i32): void {
  const whole = ceil(run, ROWS) * ROWS;
  for (let first = 0; first < outputs; first += BLOCK) {
    const bytes = (<usize>min(BLOCK, outputs - first)) << 2;
    for (let row = 0; row < rows; row++, sums += (<usize>(whole * BLOCK)) << 2)
      for (let i = 0; i < run; i++)
        memory.copy(
          to + ((<usize>((row * run + i) * outputs + first)) << 2),
          sums + ((<usize>(i * BLOCK)) << 2),
          bytes,
        );
  }
}

function ceil(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}
