import type { Params, Tensor, Tf } from '../nn/params.ts';

/** Keeps a weight of zero from standing still: the paper's eta. */
const ETA = 0.01;

/**
 * Where the loss rises most steeply around the student, weights measured by their own size: w + rho *
 * T^2 g / |T g| with T = |w| + eta (ASAM, Kwon et al. 2021, arXiv:2102.11600, equation 9). The gradient
 * taken there leads to flat minima, which crowds agree upon more easily; (FL)^2 (Lee et al. 2024) has
 * its volunteers learn by it.
 * @param rho how far, 0 to 2 or so; the paper's 0.5 to 1 for images
 * @returns fresh tensors for every parameter that has a gradient; the others are the student's own
 */
export function steepest(tf: Tf, student: Params, gradients: Params, rho: number): Params {
  const names = Object.keys(gradients);
  const moved = tf.tidy(() => {
    const sizes = names.map((name) => tf.add(tf.abs(student[name]!), ETA));
    const scaled = names.map((name, i) => tf.mul(sizes[i]!, gradients[name]!));
    const squares = scaled.map((one) => tf.sum(tf.square(one)));
    const norm = tf.sqrt(squares.reduce((a, b) => tf.add(a, b), tf.scalar(1e-12) as Tensor));
    return names.map((name, i) => {
      const rise = tf.div(tf.mul(sizes[i]!, scaled[i]!), norm);
      return tf.add(student[name]!, tf.mul(rise, rho));
    });
  });
  return { ...student, ...Object.fromEntries(names.map((name, i) => [name, moved[i]!])) };
}
