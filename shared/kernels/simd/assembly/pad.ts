/**
 * Copies images into a frame of zeros, or cuts them where a frame's edge is negative.
 * @param x `batch` images [height, width, channels]
 * @param to `batch` frames [frameHeight, frameWidth, channels], all zero or from an earlier call
 * @param top row of the frame where the image begins; negative: so many rows are left out
 */
export function pad(
  x: usize,
  to: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  frameHeight: i32,
  frameWidth: i32,
): void {
  const first = max(0, -left);
  const columns = min(width, frameWidth - left) - first;
  if (columns <= 0) return;
  const bytes = (<usize>(columns * channels)) << 2;
  for (let b = 0; b < batch; b++)
    for (let y = max(0, -top); y < min(height, frameHeight - top); y++) {
      const from = ((b * height + y) * width + first) * channels;
      const into = ((b * frameHeight + y + top) * frameWidth + first + left) * channels;
      memory.copy(to + ((<usize>into) << 2), x + ((<usize>from) << 2), bytes);
    }
}
