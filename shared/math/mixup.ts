import type { Random } from './random.ts';
import type { Tensor, Tf } from '../nn/params.ts';

/**
 * A share in (0, 1) from Beta(alpha, alpha), by Joehnk's method (1964): two powers of uniform numbers
 * that together stay below one. Cheap while alpha is small, and MixUp's is.
 */
export function betaShare(alpha: number, random: Random): number {
  for (;;) {
    const [a, b] = [random.next() ** (1 / alpha), random.next() ** (1 / alpha)];
    if (a + b > 0 && a + b <= 1) return a / (a + b);
  }
}

/** MixMatch's shares (equations 8 and 9): of two, the larger is the image's own. */
export function mixShares(count: number, alpha: number, random: Random): number[] {
  return Array.from({ length: count }, () => {
    const share = betaShare(alpha, random);
    return Math.max(share, 1 - share);
  });
}

/**
 * MixUp (Zhang et al. 2018, arXiv:1710.09412): `share * own + (1 - share) * other`, row by row.
 * @param own, other [rows, ...]  @param shares a number a row, from 0 to 1
 */
export function mixed<T extends Tensor>(tf: Tf, own: T, other: T, shares: readonly number[]): T {
  const share = tf.reshape(tf.tensor1d([...shares]), [-1, ...own.shape.slice(1).map(() => 1)]);
  return tf.add(tf.mul(own, share), tf.mul(other, tf.sub(1, share))) as T;
}
