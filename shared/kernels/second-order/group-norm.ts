import type { Tensor, Tf } from '../../nn/params.ts';
import { GROUP_NORM_GRAD, groupsOf, type GroupNormAttrs } from '../group-norm.ts';

/**
 * The gradient of the fused normalisation's gradient, composed of tfjs's ops. Its three results are
 * the transposed Jacobian times dy; against a direction v = (x, gamma, beta) they give
 * S = <dy, J v>, which is what is differentiated here. With h the normalised input, r the inverse
 * deviation and N(u) = r (u - mean(u) - h mean(u h)), means over the group:
 * J v = mask * (gamma * N(v.x) + h * v.gamma + v.beta).
 */
export function registerGroupNorm(tf: Tf): void {
  tf.registerGradient({
    kernelName: GROUP_NORM_GRAD,
    inputsToSave: ['x', 'gamma', 'beta', 'dy'],
    gradFunc: (towards, saved, attrs) => {
      const inputs = saved as [Tensor, Tensor, Tensor, Tensor];
      const gradients = differentiate(tf, towards as Direction, inputs, attrs as GroupNormAttrs);
      return {
        x: () => gradients.x,
        gamma: () => gradients.gamma,
        // The ReLU's gate has no slope, and nothing else asks for beta.
        beta: () => tf.zerosLike(inputs[2]),
        dy: () => gradients.dy,
      };
    },
  });
}

type Direction = [x: Tensor, gamma: Tensor, beta: Tensor];

function differentiate(
  tf: Tf,
  [vx, vGamma, vBeta]: Direction,
  [x, gamma, beta, dy]: [Tensor, Tensor, Tensor, Tensor],
  { groups, epsilon, relu }: GroupNormAttrs,
) {
  const { batch, positions, channels, width } = groupsOf(x, groups);
  const grouped = (t: Tensor) => tf.reshape(t, [batch, positions, groups, width]);
  const perChannel = (t: Tensor) => tf.reshape(t, [1, 1, groups, width]);
  const mean = (t: Tensor) => tf.mean(t, [1, 3], true);

  const centred = tf.sub(grouped(x), mean(grouped(x)));
  const r = tf.rsqrt(tf.add(mean(tf.square(centred)), epsilon));
  const h = tf.mul(centred, r);
  const normal = (u: Tensor) =>
    tf.mul(r, tf.sub(tf.sub(u, mean(u)), tf.mul(h, mean(tf.mul(u, h)))));

  const v = grouped(vx);
  const y = tf.add(tf.mul(h, perChannel(gamma)), perChannel(beta));
  const gate = relu ? tf.step(y) : tf.onesLike(y);
  const open = tf.mul(grouped(dy), gate);
  const along = normal(v);
  const moved = tf.addN([
    tf.mul(perChannel(gamma), along),
    tf.mul(h, perChannel(vGamma)),
    tf.mul(tf.onesLike(h), perChannel(vBeta)),
  ]);

  // S = n r (mean(a v) - mean(a) mean(v) - p q) + n mean(b h), by way of h and of r.
  const a = tf.mul(open, perChannel(gamma));
  const b = tf.mul(open, perChannel(vGamma));
  const p = mean(tf.mul(a, h));
  const q = mean(tf.mul(v, h));
  const byH = tf.sub(b, tf.mul(r, tf.add(tf.mul(q, a), tf.mul(p, v))));
  const byR = tf.sub(mean(tf.mul(a, v)), tf.add(tf.mul(mean(a), mean(v)), tf.mul(p, q)));
  return {
    x: tf.reshape(tf.sub(normal(byH), tf.mul(tf.mul(tf.square(r), byR), h)), x.shape),
    gamma: tf.reshape(tf.sum(tf.mul(open, along), [0, 1]), [channels]),
    dy: tf.reshape(tf.mul(gate, moved), x.shape),
  };
}
