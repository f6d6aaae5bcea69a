import { madd, VECTOR } from './lanes';

/**
 * The gradients of a depthwise convolution: `wanted` 0 is the image's, 1 the filter's. Both walk over
 * every window and every place in it, all channels at once.
 * @param x, dx [batch, height, width, channels]; dx and dw are filled by this
 * @param w, dw [rows, columns, channels, multiplier]
 * @param dy [batch, down, across, channels * multiplier]
 */
export function depthwiseGradient(
  x: usize,
  w: usize,
  dy: usize,
  to: usize,
  wanted: i32,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  multiplier: i32,
  down: i32,
  across: i32,
  rows: i32,
  columns: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
): void {
  const inner = (<usize>channels) << 2;
  const outer = inner * <usize>multiplier;
  const size = wanted
    ? outer * <usize>(rows * columns)
    : inner * <usize>(batch * height) * <usize>width;
  memory.fill(to, 0, size);
  for (let b = 0; b < batch; b++)
    for (let oy = 0; oy < down; oy++)
      for (let ox = 0; ox < across; ox++, dy += outer)
        for (let row = 0; row < rows; row++) {
          const y = oy * strideY - top + row;
          if (y < 0 || y >= height) continue;
          for (let column = 0; column < columns; column++) {
            const at = ox * strideX - left + column;
            if (at < 0 || at >= width) continue;
            const image = inner * (<usize>(b * height + y) * <usize>width + <usize>at);
            const tap = outer * <usize>(row * columns + column);
            if (wanted) toFilter(x + image, dy, to + tap, channels, multiplier);
            else toImage(w + tap, dy, to + image, channels, multiplier);
          }
        }
}

/** dw[c, m] += x[c] * dy[c, m] */
function toFilter(x: usize, dy: usize, dw: usize, channels: i32, multiplier: i32): void {
  if (multiplier === 1) return addProducts(x, dy, dw, channels);
  for (const end = x + ((<usize>channels) << 2); x < end; x += 4)
    for (let m = 0; m < multiplier; m++, dy += 4, dw += 4)
      store<f32>(dw, load<f32>(dw) + load<f32>(x) * load<f32>(dy));
}

/** dx[c] += sum over m of w[c, m] * dy[c, m] */
function toImage(w: usize, dy: usize, dx: usize, channels: i32, multiplier: i32): void {
  if (multiplier === 1) return addProducts(w, dy, dx, channels);
  for (const end = dx + ((<usize>channels) << 2); dx < end; dx += 4)
    for (let m = 0; m < multiplier; m++, dy += 4, w += 4)
      store<f32>(dx, load<f32>(dx) + load<f32>(w) * load<f32>(dy));
}

/** sum[i] += a[i] * b[i] */
function addProducts(a: usize, b: usize, sum: usize, count: i32): void {
  const end = a + ((<usize>count) << 2);
  for (; a + VECTOR <= end; a += VECTOR, b += VECTOR, sum += VECTOR)
    v128.store(sum, madd(v128.load(a), v128.load(b), v128.load(sum)));
  for (; a < end; a += 4, b += 4, sum += 4)
    store<f32>(sum, load<f32>(sum) + load<f32>(a) * load<f32>(b));
}
