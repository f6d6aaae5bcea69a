import type { Random } from '../../math/random.ts';
import type { InputSpec } from '../../nn/net.ts';

/** An affine map of the output's pixel centres into the input, both measured from the image centre. */
export type Affine = { a: number; b: number; c: number; d: number; dx: number; dy: number };

export type AffineRange = {
  /** Rotation, at most, in degrees. */
  degrees: number;
  /** Relative size, lowest and highest. */
  scale: readonly [number, number];
  /** Horizontal shear, at most, as dx per dy. */
  shear: number;
  /** Shift along each axis, at most, as a share of the side. */
  shift: number;
};

/** Draws a map from the range: rotation, then shear, then a scale of its own for each axis. */
export function drawAffine(range: AffineRange, size: number, random: Random): Affine {
  const angle = (random.uniform(-range.degrees, range.degrees) * Math.PI) / 180;
  const shear = random.uniform(-range.shear, range.shear);
  const sx = 1 / random.uniform(...range.scale);
  const sy = 1 / random.uniform(...range.scale);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    a: cos * sx,
    b: (-sin + shear * cos) * sx,
    c: sin * sy,
    d: (cos + shear * sin) * sy,
    dx: random.uniform(-range.shift, range.shift) * size,
    dy: random.uniform(-range.shift, range.shift) * size,
  };
}

/**
 * Bilinear resampling of one image, zero outside it.
 * @param from pixels, row by row, channels last, at `offset`
 * @param to receives the warped image at `target`
 */
export function warp(
  from: Float32Array,
  offset: number,
  to: Float32Array,
  target: number,
  { size, channels }: InputSpec,
  map: Affine,
): void {
  const centre = (size - 1) / 2;
  const row = size * channels;
  for (let y = 0, write = target; y < size; y++) {
    const v = y - centre;
    for (let x = 0; x < size; x++) {
      const u = x - centre;
      const sourceX = map.a * u + map.b * v + map.dx + centre;
      const sourceY = map.c * u + map.d * v + map.dy + centre;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const fx = sourceX - left;
      const fy = sourceY - top;
      const inLeft = left >= 0 && left < size;
      const inRight = left + 1 >= 0 && left + 1 < size;
      const inTop = top >= 0 && top < size;
      const inBottom = top + 1 >= 0 && top + 1 < size;
      const at = offset + top * row + left * channels;
      for (let c = 0; c < channels; c++, write++) {
        let value = 0;
        if (inTop && inLeft) value += (1 - fx) * (1 - fy) * from[at + c]!;
        if (inTop && inRight) value += fx * (1 - fy) * from[at + channels + c]!;
        if (inBottom && inLeft) value += (1 - fx) * fy * from[at + row + c]!;
        if (inBottom && inRight) value += fx * fy * from[at + row + channels + c]!;
        to[write] = value;
      }
    }
  }
}
