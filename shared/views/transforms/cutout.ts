import type { Random } from '../../math/random.ts';
import type { InputSpec } from '../../nn/net.ts';

/** Cutout (DeVries and Taylor 2017): a square of up to a third of the side, anywhere, set to zero. */
export function cutOut(
  to: Float32Array,
  target: number,
  { size, channels }: InputSpec,
  random: Random,
): void {
  const side = 1 + random.int(Math.floor(size / 3));
  const left = random.int(size) - (side >> 1);
  const top = random.int(size) - (side >> 1);
  const [fromX, toX] = [Math.max(left, 0), Math.min(left + side, size)];
  for (let y = Math.max(top, 0); y < Math.min(top + side, size); y++) {
    const row = target + y * size * channels;
    to.fill(0, row + fromX * channels, row + toX * channels);
  }
}
