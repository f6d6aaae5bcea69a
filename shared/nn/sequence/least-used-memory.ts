import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { ParamSpec } from '../../weights/layout.ts';
import { dense, denseSpecs } from '../layers.ts';
import type { Params, Tensor, Tensor2D, Tf } from '../params.ts';

export type MemorySize = { slots: number; width: number; reads: number };

/**
 * What is carried from step to step: the slots [batch, slots, width], how much each was used lately
 * [batch, slots], and where the heads read last [batch, reads, slots].
 */
export type MemoryState = { slots: Tensor3D; usage: Tensor2D; read: Tensor3D };

/** Share of its usage that a slot keeps at each step. */
const DECAY = 0.95;

export function memorySpecs(
  name: string,
  inputs: number,
  { width, reads }: MemorySize,
): ParamSpec[] {
  return [
    ...denseSpecs(`${name}/key`, inputs, reads * width),
    ...denseSpecs(`${name}/gate`, inputs, reads),
  ];
}

export function memoryStart(
  tf: Tf,
  batch: number,
  { slots, width, reads }: MemorySize,
): MemoryState {
  return {
    slots: tf.mul(tf.ones([batch, slots, width]), 1e-6) as Tensor3D,
    usage: tf.zeros([batch, slots]),
    read: tf.zeros([batch, reads, slots]),
  };
}

/**
 * One step of a memory with least recently used access (Santoro et al. 2016, arXiv:1605.06065, section
 * 3.2): each head reads the slots that are like its key by the cosine, and writes the key where it read
 * last, or, by a gate, to a least used slot of its own, which is emptied first.
 * @param x the controller's output, [batch, inputs]  @returns what was read, [batch, reads * width]
 */
export function memoryStep(
  tf: Tf,
  p: Params,
  name: string,
  x: Tensor2D,
  before: MemoryState,
): { found: Tensor2D; after: MemoryState } {
  const [batch, reads] = before.read.shape;
  const keys = tf.reshape(tf.tanh(dense(tf, p, `${name}/key`, x)), [batch, reads, -1]) as Tensor3D;
  const gate = tf.reshape(tf.sigmoid(dense(tf, p, `${name}/gate`, x)), [batch, reads, 1]);
  const read = tf.softmax(cosines(tf, keys, before.slots)) as Tensor3D;
  const found = tf.reshape(tf.matMul(read, before.slots), [batch, -1]) as Tensor2D;
  const least = leastUsed(tf, before.usage, reads);
  const write = tf.add(tf.mul(gate, before.read), tf.mul(tf.sub(1, gate), least)) as Tensor3D;
  const kept = tf.sub(1, tf.expandDims(tf.sum(least, 1), 2));
  const slots = tf.add(tf.mul(before.slots, kept), tf.matMul(write, keys, true)) as Tensor3D;
  const used = tf.sum(tf.add(read, write), 1);
  return {
    found,
    after: { slots, read, usage: tf.add(tf.mul(before.usage, DECAY), used) as Tensor2D },
  };
}

/** [batch, reads, slots] */
function cosines(tf: Tf, keys: Tensor3D, slots: Tensor3D): Tensor3D {
  const unit = (rows: Tensor3D) =>
    tf.div(rows, tf.sqrt(tf.add(tf.sum(tf.square(rows), 2, true), 1e-8))) as Tensor3D;
  return tf.matMul(unit(keys), unit(slots), false, true);
}

/** One of the least used slots for each head, as 0 and 1, [batch, reads, slots]: a choice, with no gradient. */
function leastUsed(tf: Tf, usage: Tensor2D, reads: number): Tensor3D {
  const choose = tf.customGrad((x) => {
    const { indices } = tf.topk(tf.neg(x as Tensor), reads);
    const value = tf.cast(tf.oneHot(indices as Tensor2D, usage.shape[1]), 'float32');
    return { value, gradFunc: () => tf.zerosLike(usage) };
  });
  return choose(usage) as Tensor3D;
}
