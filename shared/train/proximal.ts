import type { Params, Tf } from '../nn/params.ts';

/**
 * FedProx (Li et al. 2020, arXiv:1812.06127, equation 2): (strength / 2) * |w - received|^2 beside
 * every objective's loss, here added to its gradient. Frees the gradients that it replaces.
 */
export function pullBack(
  tf: Tf,
  gradients: Params,
  { student, received, strength }: { student: Params; received: Params; strength: number },
): Params {
  if (strength === 0) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const pulled = tf.tidy(() =>
        tf.add(gradient, tf.mul(tf.sub(student[name]!, received[name]!), strength)),
      );
      gradient.dispose();
      return [name, pulled];
    }),
  );
}
