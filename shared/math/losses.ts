import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { CROSS_ENTROPY } from '../kernels/cross-entropy.ts';
import type { Scalar, Tensor2D, Tf } from '../nn/params.ts';

/**
 * Cross-entropy of each row: -sum p log softmax(logits). Fused where the backend has the kernel.
 * @param logits [batch, classes]  @param labels [batch, classes], rows sum to one
 * @returns [batch], in nats
 */
export function crossEntropy(tf: Tf, logits: Tensor2D, labels: Tensor): Tensor1D {
  if (tf.getKernel(CROSS_ENTROPY, tf.getBackend()))
    return tf
      .engine()
      .runKernel(CROSS_ENTROPY, { logits, labels: tf.cast(labels, 'float32') }) as Tensor1D;
  return tf.neg(tf.sum(tf.mul(labels, logSoftmax(tf, logits)), 1)) as Tensor1D;
}

/**
 * tfjs's own is a constant to whoever differentiates its gradient, as exact MAML does: it is made of
 * the saved result. This one's is made of the logits.
 */
function logSoftmax(tf: Tf, logits: Tensor): Tensor {
  const op = tf.customGrad((x, save) => {
    const keep = save as (tensors: Tensor[]) => void;
    keep([x as Tensor]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      tf.sub(dy, tf.mul(tf.softmax(saved[0]!), tf.sum(dy, 1, true)));
    return { value: tf.logSoftmax(x as Tensor2D), gradFunc };
  });
  return op(logits);
}

/**
 * Mean over the batch of the squared distance between the prediction and a target distribution, summed
 * over the classes: what MixMatch, the Pi-model and Mean Teacher hold predictions together by. Unlike
 * cross-entropy it is bounded, so that a wrong target does little harm.
 * @param logits [batch, classes]  @param target [batch, classes], rows sum to one
 */
export function brier(tf: Tf, logits: Tensor2D, target: Tensor): Scalar {
  return tf.mean(tf.sum(tf.square(tf.sub(tf.softmax(logits), target)), 1)) as Scalar;
}

/** Kullback-Leibler divergence of each row's prediction from a target distribution, [batch], in nats. */
export function divergence(tf: Tf, target: Tensor, logits: Tensor2D): Tensor1D {
  const entropy = tf.sum(tf.mul(target, tf.log(tf.maximum(target, 1e-12))), 1);
  return tf.add(crossEntropy(tf, logits, target), entropy) as Tensor1D;
}
