/** The fused cross-entropy against the composed one on cpu: values, and gradients of both orders. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { CROSS_ENTROPY } from '../../shared/kernels/cross-entropy.ts';
import { crossEntropy } from '../../shared/math/losses.ts';
import { Random } from '../../shared/math/random.ts';
import { asOnCpu, normal, on, tf } from '../kit/backends.ts';

const ROWS = 5;
const CLASSES = 7;

function inputs(seed: number) {
  const random = new Random(seed);
  const labels = normal(random, ROWS, CLASSES);
  labels.data.forEach((value, i) => (labels.data[i] = Math.abs(value)));
  return [normal(random, ROWS, CLASSES), labels, normal(random, ROWS)] as const;
}

test('is the composed one, its gradients too, of labels that do not sum to one', async () => {
  expect(tf.getKernel(CROSS_ENTROPY, 'wasm')).toBeDefined();
  expect(tf.getKernel(CROSS_ENTROPY, 'cpu')).toBeUndefined();
  await asOnCpu([...inputs(1)], (logits: Tensor2D, labels: Tensor2D, dy: Tensor) => [
    ...tf.grads((x, p) => crossEntropy(tf, x as Tensor2D, p!))([logits, labels], dy),
  ]);
  const [logits, , dy] = inputs(2);
  const even = { shape: logits.shape, data: new Float32Array(ROWS * CLASSES).fill(1 / CLASSES) };
  await asOnCpu([logits, even, dy], (x: Tensor2D, p: Tensor2D) => [crossEntropy(tf, x, p)]);
});

test('has the composed one’s second derivatives', async () => {
  await asOnCpu([...inputs(3)], (logits: Tensor2D, labels: Tensor2D, dy: Tensor) => {
    const steepness = (x: Tensor) => {
      const slope = tf.grad((z) => tf.sum(tf.mul(crossEntropy(tf, z as Tensor2D, labels), dy)))(x);
      return tf.sum(tf.square(slope));
    };
    return [tf.grad(steepness)(logits)];
  });
});

test('stays finite for logits that exp does not bear', async () => {
  const logits = { shape: [1, 3], data: Float32Array.of(1000, -1000, 0) };
  const labels = { shape: [1, 3], data: Float32Array.of(0, 1, 0) };
  const [loss] = await on('wasm', [logits, labels], (x: Tensor2D, p: Tensor2D) => [
    crossEntropy(tf, x, p),
  ]);
  expect(loss!.data[0]).toBeCloseTo(2000, 3);
});
