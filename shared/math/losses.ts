import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tf } from '../nn/params.ts';

/**
 * Cross-entropy of each row: -sum p log softmax(logits).
 * @param logits [batch, classes]  @param labels [batch, classes], rows sum to one
 * @returns [batch], in nats
 */
export function crossEntropy(tf: Tf, logits: Tensor2D, labels: Tensor): Tensor1D {
  return tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1)) as Tensor1D;
}
