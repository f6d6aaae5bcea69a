import type { FewShotHead } from '../contract.ts';
import { addScaled, productsOf, shareErrors, wayOf } from '../learning.ts';

/** Weight of the squared norm beside the examples' mean loss. */
const PENALTY = 0.01;
const STEPS = 60;

/**
 * Fine-tuning of a linear classifier on frozen embeddings ("Baseline" of Chen et al. 2019): logistic
 * regression with an L2 penalty. The loss is strongly convex, so full gradient steps with Nesterov's
 * momentum for that curvature find the one minimum from zero: no chance, no order. Without biases, and
 * with classes of equal weight, so that a class is not preferred for having more examples. It costs
 * steps x examples x ways x dim multiplications at a change of classes: for tens of classes, not
 * thousands.
 */
export const fineTune: FewShotHead = {
  title: 'Linear classifier, fine-tuned on the examples',
  paper: 'https://arxiv.org/abs/1904.04232',
  reads: 'rows',
  fit: ({ rows }) => ({ vectors: rows, offset: 0 }),
  learn(kept) {
    const own = wayOf(kept);
    // A softmax over products with unit rows curves by a half at most (Boehning 1992).
    const curvature = 0.5 + PENALTY;
    const root = Math.sqrt(PENALTY / curvature);
    const momentum = (1 - root) / (1 + root);
    let weights = new Float32Array(kept.ways * kept.dim);
    let ahead = weights;
    for (let step = 0; step < STEPS; step++) {
      const errors = shareErrors(productsOf(kept, ahead), own, kept, 1);
      const gradient = addScaled(
        ahead.map((value) => PENALTY * value),
        kept,
        errors,
        1,
      );
      const next = ahead.map((value, i) => value - gradient[i]! / curvature);
      ahead = next.map((value, i) => value + momentum * (value - weights[i]!));
      weights = next;
    }
    return weights;
  },
  /** A logit in place of its like in [-1, 1], in the same order: l / (1 + |l|). */
  pool: ([logit]) => logit! / (1 + Math.abs(logit!)),
};
