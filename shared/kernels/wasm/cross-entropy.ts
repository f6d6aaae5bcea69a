import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { CROSS_ENTROPY, CROSS_ENTROPY_GRAD } from '../cross-entropy.ts';
import { registerWasm } from './kernel.ts';

/**
 * Softmax cross-entropy over the wasm heap. A thousand numbers a step: what it saves is the calls of
 * the seven ops that it is composed of elsewhere, not their arithmetic.
 */
export function registerCrossEntropy(tf: Tf): void {
  registerWasm(tf, CROSS_ENTROPY, (wasm, inputs) => {
    const { logits, labels } = inputs as Record<'logits' | 'labels', TensorInfo>;
    const [batch, classes] = logits.shape as [number, number];
    const out = wasm.output([batch]);
    const [x, p, loss] = [wasm.view(logits), wasm.view(labels), wasm.view(out)];
    for (let row = 0, at = 0; row < batch; row++, at += classes) {
      const level = logSumExp(x, at, classes);
      let total = 0;
      for (let i = at; i < at + classes; i++) total += p[i]! * (level - x[i]!);
      loss[row] = total;
    }
    return out;
  });
  registerWasm(tf, CROSS_ENTROPY_GRAD, (wasm, inputs) => {
    const { logits, labels, dy } = inputs as Record<'logits' | 'labels' | 'dy', TensorInfo>;
    const [batch, classes] = logits.shape as [number, number];
    const out = wasm.output(logits.shape);
    const [x, p, flow, dx] = [logits, labels, dy, out].map(wasm.view) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let row = 0, at = 0; row < batch; row++, at += classes) {
      const level = logSumExp(x, at, classes);
      let mass = 0;
      for (let i = at; i < at + classes; i++) mass += p[i]!;
      for (let i = at; i < at + classes; i++)
        dx[i] = flow[row]! * (mass * Math.exp(x[i]! - level) - p[i]!);
    }
    return out;
  });
}

/** log(sum of exp x) of a row, the largest taken out so that nothing overflows. */
function logSumExp(x: Float32Array, at: number, classes: number): number {
  let most = -Infinity;
  for (let i = at; i < at + classes; i++) most = Math.max(most, x[i]!);
  let sum = 0;
  for (let i = at; i < at + classes; i++) sum += Math.exp(x[i]! - most);
  return most + Math.log(sum);
}
