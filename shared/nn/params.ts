import type * as tfjs from '@tensorflow/tfjs-core';
import type { Random } from '../math/random.ts';
import type { Layout } from '../weights/layout.ts';

/** The tfjs library, handed in: shared code never imports it, so the worker can read settings without it. */
export type Tf = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type Tensor2D = tfjs.Tensor2D;
export type Tensor4D = tfjs.Tensor4D;
export type Scalar = tfjs.Scalar;

/** A model is a record of tensors: a teacher, fast weights and a delta are all just `Params`. */
export type Params = Record<string, Tensor>;

/** Fresh weights, flat, in the layout's order. */
export function initialise(layout: Layout, random: Random): Float32Array {
  const flat = new Float32Array(layout.size);
  for (const { init, offset, size } of layout.entries) {
    const end = offset + size;
    if (init.kind === 'constant') flat.fill(init.value, offset, end);
    else {
      const deviation = Math.sqrt(2 / init.fanIn);
      for (let i = offset; i < end; i++) flat[i] = random.normal() * deviation;
    }
  }
  return flat;
}

/** Flat weights as named tensors; the caller disposes them. */
export function unflatten(tf: Tf, layout: Layout, flat: Float32Array): Params {
  if (flat.length !== layout.size)
    throw new Error(`weights: ${flat.length} numbers for a layout of ${layout.size}`);
  const params: Params = {};
  for (const { name, shape, offset, size } of layout.entries)
    params[name] = tf.tensor(flat.slice(offset, offset + size), [...shape]);
  return params;
}

/** Named tensors as flat weights, in the layout's order. Reads back asynchronously: WebGPU has no other way. */
export async function flatten(layout: Layout, params: Params): Promise<Float32Array> {
  const flat = new Float32Array(layout.size);
  await Promise.all(
    layout.entries.map(async ({ name, offset }) => {
      const tensor = params[name];
      if (!tensor) throw new Error(`weights: the parameter "${name}" is missing`);
      flat.set((await tensor.data()) as Float32Array, offset);
    }),
  );
  return flat;
}

/** Frees every tensor of the record. */
export function dispose(params: Params): void {
  for (const tensor of Object.values(params)) tensor.dispose();
}
