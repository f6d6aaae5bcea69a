/** The largest finite float32. */
export const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** One float32, and the same 32 bits as an integer. */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * The smallest float32 that is not below `value`, at most the largest finite one. A scale must not
 * be rounded to nearest: one that came out below would clip the value that it was made from, and
 * among denormals (1e-45 / 127 = 0) lose it.
 * @param value finite, >= 0
 */
export function roundUp(value: number): number {
  float[0] = value;
  if (float[0]! < value) bits[0]!++;
  return Math.min(float[0]!, LARGEST_FLOAT32);
}

/** The nearest finite float32 to a float64: what is beyond the largest becomes the largest. */
export function saturate(value: number): number {
  return value > LARGEST_FLOAT32
    ? LARGEST_FLOAT32
    : value < -LARGEST_FLOAT32
      ? -LARGEST_FLOAT32
      : value;
}
