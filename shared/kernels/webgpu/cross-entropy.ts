import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import { CROSS_ENTROPY, CROSS_ENTROPY_GRAD } from '../cross-entropy.ts';
import type { Program } from './program.ts';
import { registerWebgpu } from './register.ts';
import { entry, reduction } from './workgroup.ts';

const THREADS = 64;

/** Softmax and cross-entropy in one dispatch each way, a workgroup a row. Composed they are twenty. */
export function registerCrossEntropy(tf: Tf): void {
  registerWebgpu(tf, CROSS_ENTROPY, (device, inputs) => {
    const { logits, labels } = inputs as Record<'logits' | 'labels', TensorInfo>;
    const [rows, classes] = logits.shape as [number, number];
    const loss = device.output([rows]);
    device.run(forward, { logits, labels, loss }, { classes }, [rows]);
    return loss;
  });
  registerWebgpu(tf, CROSS_ENTROPY_GRAD, (device, inputs) => {
    const { logits, labels, dy } = inputs as Record<'logits' | 'labels' | 'dy', TensorInfo>;
    const [rows, classes] = logits.shape as [number, number];
    const gradient = device.output(logits.shape);
    device.run(backward, { logits, labels, dy, gradient }, { classes }, [rows]);
    return gradient;
  });
}

/** The row's largest logit, then the sums over it of exp(z - largest), labels, and labels * (z - largest). */
const sums = (subgroups: boolean) => `
${reduction('vec4f', subgroups, THREADS)}
var<workgroup> tops: array<f32, ${THREADS}>;
fn largest(row: u32, local: u32) -> f32 {
  var top = logits[row * uniforms.classes];
  for (var c = local; c < uniforms.classes; c += ${THREADS}u) {
    top = max(top, logits[row * uniforms.classes + c]);
  }
  tops[local] = top;
  workgroupBarrier();
  for (var i = 0u; i < ${THREADS}u; i++) { top = max(top, tops[i]); }
  return top;
}
fn over(row: u32, top: f32, local: u32, lanes: u32) -> vec4f {
  var sum = vec4f(0);
  for (var c = local; c < uniforms.classes; c += ${THREADS}u) {
    let z = logits[row * uniforms.classes + c] - top;
    let label = labels[row * uniforms.classes + c];
    sum += vec4f(exp(z), label, label * z, 0);
  }
  return reduce(sum, local, lanes);
}
`;

const numbers = { classes: 'u32' } as const;
const f32 = (...names: string[]) => names.map((name) => ({ name, type: 'f32' }));

const forward: Program = {
  name: 'crossEntropy',
  reads: f32('logits', 'labels'),
  writes: f32('loss'),
  numbers,
  body: (subgroups) => `
${sums(subgroups)}
${entry(subgroups, THREADS)}
  let top = largest(group.x, local);
  let sum = over(group.x, top, local, lanes);
  if (local == 0u) { loss[group.x] = sum.y * log(sum.x) - sum.z; }
}
`,
};

/** dy * (p * sum of labels - labels) */
const backward: Program = {
  name: 'crossEntropyGrad',
  reads: f32('logits', 'labels', 'dy'),
  writes: f32('gradient'),
  numbers,
  body: (subgroups) => `
${sums(subgroups)}
${entry(subgroups, THREADS)}
  let top = largest(group.x, local);
  let sum = over(group.x, top, local, lanes);
  for (var c = local; c < uniforms.classes; c += ${THREADS}u) {
    let at = group.x * uniforms.classes + c;
    gradient[at] = dy[group.x] * (exp(logits[at] - top) / sum.x * sum.y - labels[at]);
  }
}
`,
};
