import type { Random } from '../math/random.ts';
import type { Tensor, Tensor4D, Tf } from './params.ts';

/** Cells of a grid, along each side. */
const GRID = 3;
/** Share of a cell that a patch shows: the rest is a gap, so that no line runs on from one into the next. */
const SHOWN = 0.8;

/**
 * The nine patches of every image, each somewhere in its cell of a three by three grid and resized to
 * a whole image, so that any network reads it: nine of [batch, size, size, channels], row by row.
 * Each is standardised, or brightness would tell where it comes from (Noroozi and Favaro 2016, section 3.4).
 */
export function gridPatches(tf: Tf, x: Tensor4D, random: Random): Tensor4D[] {
  const [batch, size, , channels] = x.shape;
  const cell = size / GRID;
  const side = Math.max(2, Math.floor(cell * SHOWN));
  const start = (index: number) => Math.floor(index * cell + random.next() * (cell - side + 1));
  return Array.from({ length: GRID * GRID }, (_, i) => {
    const [top, left] = [start(Math.floor(i / GRID)), start(i % GRID)];
    const at = (offset: number) => Math.min(offset, size - side);
    const patch = tf.slice(x, [0, at(top), at(left), 0], [batch, side, side, channels]);
    return standardised(tf, tf.image.resizeBilinear(patch as Tensor4D, [size, size]));
  });
}

/** Mean 0.5 and deviation 0.25 of every image; an empty one is 0.5 throughout. */
function standardised(tf: Tf, x: Tensor4D): Tensor4D {
  const centred = tf.sub(x, tf.mean(x, [1, 2, 3], true));
  const variance = tf.mean(tf.square(centred), [1, 2, 3], true);
  return tf.add(tf.mul(centred, tf.mul(0.25, tf.rsqrt(tf.add(variance, 1e-4)))), 0.5) as Tensor4D;
}

/**
 * For every image a choice of its patches, in order: [batch * chosen, size, size, channels], an
 * image's patches one after the other.
 * @param choice [batch][chosen], places in the grid, 0 to 8
 */
export function choosePatches(
  tf: Tf,
  patches: readonly Tensor4D[],
  choice: readonly (readonly number[])[],
): Tensor4D {
  const batch = choice.length;
  const places = choice.flatMap((chosen, image) => chosen.map((place) => place * batch + image));
  return tf.gather(tf.concat([...patches], 0) as Tensor, tf.tensor1d(places, 'int32')) as Tensor4D;
}
