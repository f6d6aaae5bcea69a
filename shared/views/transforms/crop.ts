import type { Random } from '../../math/random.ts';
import type { Affine } from './warp.ts';

export type CropRange = {
  /** Share of the image's area, lowest and highest, above 0 and up to 1. */
  area: readonly [number, number];
  /** The longest ratio of the sides; 4/3 draws between 3/4 and 4/3. */
  ratio: number;
};

/**
 * A random part of the image, resized to the whole (Szegedy et al. 2015, arXiv:1409.4842, section 6),
 * as the map that `warp` takes. A side that would be longer than the image's is the image's.
 * Corners map to corners: nothing outside the part is ever read.
 */
export function drawCrop({ area, ratio }: CropRange, size: number, random: Random): Affine {
  const share = random.uniform(...area);
  const stretch = Math.exp(random.uniform(-1, 1) * Math.log(ratio));
  const width = size * Math.min(1, Math.sqrt(share * stretch));
  const height = size * Math.min(1, Math.sqrt(share / stretch));
  const along = (side: number) => (side - 1) / (size - 1);
  const shift = (side: number) => (random.next() - 0.5) * (size - side);
  return { a: along(width), b: 0, c: 0, d: along(height), dx: shift(width), dy: shift(height) };
}
