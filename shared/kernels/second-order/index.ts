import type { Tf } from '../../nn/params.ts';
import { registerConvolutions } from './convolution.ts';
import { registerGroupNorm } from './group-norm.ts';
import { registerMaxPool } from './max-pool.ts';

/**
 * Makes the gradients of convolution, max-pooling and the fused normalisation differentiable
 * themselves, on every backend: what exact MAML (Finn et al. 2017, arXiv:1703.03400, equation 1)
 * takes. Costs nothing where nobody asks for a gradient of a gradient. Safe to call again.
 */
export function registerSecondOrder(tf: Tf): void {
  if (tf.getGradient('MaxPoolGrad')) return;
  registerConvolutions(tf);
  registerMaxPool(tf);
  registerGroupNorm(tf);
}
