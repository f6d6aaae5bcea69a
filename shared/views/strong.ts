import type { Random } from '../math/random.ts';
import type { InputSpec } from '../nn/net.ts';
import type { View } from './view.ts';
import { drawAffine, warp } from './warp.ts';

const RANGE = { degrees: 20, scale: [0.75, 1.25], shear: 0.3, shift: 0.1 } as const;

/**
 * Turned, sheared, stretched, its contrast changed, and a square cut out. The cut matters most:
 * without it FixMatch loses more than without any other part (Sohn et al. 2020, table 4).
 */
export const strong: View = {
  title: 'turned, sheared, stretched, contrast changed, a square cut out',
  make(from, offset, to, target, input, random) {
    warp(from, offset, to, target, input, drawAffine(RANGE, input.size, random));
    contrast(to, target, input, random);
    cutOut(to, target, input, random);
  },
};

/** x -> x^gamma * gain: thickens or thins a stroke's grey edge, dims or lifts it. */
function contrast(to: Float32Array, target: number, input: InputSpec, random: Random): void {
  const gamma = Math.exp(random.uniform(-0.7, 0.7));
  const gain = random.uniform(0.7, 1);
  const end = target + input.size ** 2 * input.channels;
  for (let i = target; i < end; i++) {
    const value = to[i]!;
    if (value > 0) to[i] = gain * (gamma === 1 ? value : value ** gamma);
  }
}

/** Cutout (DeVries and Taylor 2017): a square of up to a third of the side, anywhere, set to zero. */
function cutOut(
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
