import { VECTOR } from './lanes';

/**
 * Max-pooling's gradient: each window hands its gradient to its first maximum. Windows are cut off at
 * the image's edge: padding is never a maximum.
 * @param x, dx [batch, height, width, channels], channels a multiple of four
 * @param dy [batch, down, across, channels]
 */
export function maxPoolGradient(
  x: usize,
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  down: i32,
  across: i32,
  rows: i32,
  columns: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
): void {
  const step = (<usize>channels) << 2;
  const pitch = step * <usize>width;
  const size = pitch * <usize>height;
  const apart = strideY >= rows && strideX >= columns;
  for (let b = 0; b < batch; b++, x += size, dx += size) {
    memory.fill(dx, 0, size);
    for (let oy = 0; oy < down; oy++) {
      const firstY = max(0, oy * strideY - top);
      const lastY = min(height, oy * strideY - top + rows);
      for (let ox = 0; ox < across; ox++, dy += step) {
        const firstX = max(0, ox * strideX - left);
        const lastX = min(width, ox * strideX - left + columns);
        const corner = <usize>firstY * pitch + <usize>firstX * step;
        const high = lastY - firstY;
        const wide = lastX - firstX;
        if (apart && high === 2 && wide === 2) quarter(x + corner, dy, dx + corner, pitch, step);
        else scatter(x + corner, dy, dx + corner, high, wide, pitch, step);
      }
    }
  }
}

/** `scatter` for 2 x 2 that overlap no other window, without a loop or a branch: every network here pools so. */
function quarter(x: usize, dy: usize, dx: usize, pitch: usize, step: usize): void {
  for (const end = x + step; x < end; x += VECTOR, dy += VECTOR, dx += VECTOR) {
    const flow = v128.load(dy);
    const first = v128.load(x);
    const right = v128.load(x + step);
    const isRight = f32x4.gt(right, first);
    const upper = v128.bitselect(right, first, isRight);
    const below = v128.load(x + pitch);
    const isBelow = f32x4.gt(below, upper);
    const three = v128.bitselect(below, upper, isBelow);
    const isLast = f32x4.gt(v128.load(x + pitch + step), three);
    const notLast = v128.andnot(flow, isLast);
    const above = v128.andnot(notLast, isBelow);
    v128.store(dx, v128.andnot(above, isRight));
    v128.store(dx + step, v128.and(above, isRight));
    v128.store(dx + pitch, v128.and(notLast, isBelow));
    v128.store(dx + pitch + step, v128.and(flow, isLast));
  }
}

/** One window of all channels. */
function scatter(
  x: usize,
  dy: usize,
  dx: usize,
  rows: i32,
  columns: i32,
  pitch: usize,
  step: usize,
): void {
  for (const end = x + step; x < end; x += VECTOR, dy += VECTOR, dx += VECTOR) {
    let most = v128.load(x);
    let place = i32x4.splat(0);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const value = v128.load(x + <usize>row * pitch + <usize>column * step);
        const larger = f32x4.gt(value, most);
        most = v128.bitselect(value, most, larger);
        place = v128.bitselect(i32x4.splat(row * columns + column), place, larger);
      }
    const flow = v128.load(dy);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const at = dx + <usize>row * pitch + <usize>column * step;
        const here = i32x4.eq(place, i32x4.splat(row * columns + column));
        v128.store(at, f32x4.add(v128.load(at), v128.and(flow, here)));
      }
  }
}
