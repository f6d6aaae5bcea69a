import { oneHot } from './one-hot.ts';
import type { Tensor, Tensor4D, Tf } from '../nn/params.ts';

/**
 * Each image turned by its own number of quarter turns, against the clock.
 * @param images [batch, size, size, channels]  @param turns 0 to 3, a number an image
 */
export function quarterTurned(tf: Tf, images: Tensor4D, turns: readonly number[]): Tensor4D {
  const across = tf.transpose(images, [0, 2, 1, 3]);
  const all = [images, tf.reverse(across, 1), tf.reverse(images, [1, 2]), tf.reverse(across, 2)];
  const chosen = all.map((one, turn): Tensor => {
    const is = tf.tensor4d(
      turns.map((of) => Number(of === turn)),
      [turns.length, 1, 1, 1],
    );
    return tf.mul(one, is);
  });
  return tf.addN(chosen) as Tensor4D;
}

/** Every image in all four turns, [4 * batch, ...], turn by turn, and the turns as labels, [4 * batch, 4]. */
export function allTurns(tf: Tf, images: Tensor4D): { images: Tensor4D; labels: Tensor } {
  const batch = images.shape[0];
  const turns = Array.from({ length: 4 * batch }, (_, i) => Math.floor(i / batch));
  return {
    images: quarterTurned(tf, tf.tile(images, [4, 1, 1, 1]) as Tensor4D, turns),
    labels: oneHot(tf, turns, 4),
  };
}
