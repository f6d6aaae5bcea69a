import type { Tensor, Tf } from '../nn/params.ts';

/**
 * The kernels' names in tfjs's registry. Forward: logits and labels [batch, classes] to the
 * cross-entropy of each row [batch], in nats. Gradient: these and dy [batch] to the logits' gradient.
 */
export const CROSS_ENTROPY = 'ShoalCrossEntropy';
export const CROSS_ENTROPY_GRAD = 'ShoalCrossEntropyGrad';

/** Tells tfjs how to differentiate the fused cross-entropy, twice. Needed once an engine. */
export function registerCrossEntropyGradients(tf: Tf): void {
  if (tf.getGradient(CROSS_ENTROPY)) return;
  const run = (name: string, inputs: Record<string, Tensor>) =>
    tf.engine().runKernel(name, inputs) as Tensor;
  const column = (rows: Tensor) => tf.reshape(rows, [-1, 1]);
  tf.registerGradient({
    kernelName: CROSS_ENTROPY,
    inputsToSave: ['logits', 'labels'],
    gradFunc: (dy, saved) => {
      const [logits, labels] = saved as [Tensor, Tensor];
      return {
        logits: () => run(CROSS_ENTROPY_GRAD, { logits, labels, dy: dy as Tensor }),
        // Labels are made off the tape: this runs only for who learns them too.
        labels: () => tf.neg(tf.mul(column(dy as Tensor), tf.logSoftmax(logits))),
      };
    },
  });
  tf.registerGradient({
    kernelName: CROSS_ENTROPY_GRAD,
    inputsToSave: ['logits', 'labels', 'dy'],
    // dy (s p - l), where p is the softmax and s the sum of a row's labels.
    gradFunc: (towards, saved) => {
      const [logits, labels, dy] = saved as [Tensor, Tensor, Tensor];
      const v = towards as Tensor;
      const p = tf.softmax(logits);
      const mean = tf.sum(tf.mul(p, v), 1, true);
      const total = tf.sum(labels, 1, true);
      return {
        logits: () => tf.mul(tf.mul(column(dy), total), tf.mul(p, tf.sub(v, mean))),
        labels: () => tf.mul(column(dy), tf.sub(mean, v)),
        dy: () => tf.sum(tf.mul(v, tf.sub(tf.mul(total, p), labels)), 1),
      };
    },
  });
}
