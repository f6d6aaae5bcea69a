import { Problem } from '../api/problem.ts';
import { firstNotFinite } from './delta.ts';
import type { Layout } from './layout.ts';

/** A tensor of a file: its type as numpy calls it, and its place in the file's numbers, in bytes. */
export type NamedTensor = { dtype: string; shape: readonly number[]; from: number; to: number };

/**
 * Brings a file's tensors into the layout's order.
 * @param data the numbers, little-endian
 * @throws Problem 708 when a tensor is missing, is one too many, or has another type or shape; 710
 *   when a number is not finite.
 */
export function gather(
  layout: Layout,
  tensors: ReadonlyMap<string, NamedTensor>,
  data: Uint8Array,
): Float32Array {
  const names = new Set(layout.entries.map(({ name }) => name));
  const stranger = [...tensors.keys()].find((name) => !names.has(name));
  if (stranger !== undefined)
    throw new Problem(708, `"${stranger}" is no parameter of this project's network`);
  const weights = new Float32Array(layout.size);
  const bytes = new Uint8Array(weights.buffer);
  for (const { name, shape, offset, size } of layout.entries) {
    const tensor = tensors.get(name);
    if (!tensor) throw new Problem(708, `the parameter "${name}" is missing`);
    const { dtype, from, to } = tensor;
    if (dtype !== 'float32' || String(tensor.shape) !== String(shape) || to - from !== 4 * size)
      throw new Problem(
        708,
        `"${name}" is ${dtype} [${tensor.shape}] in ${to - from} bytes, the network has float32 [${shape}]`,
      );
    bytes.set(data.subarray(from, to), 4 * offset);
  }
  const bad = firstNotFinite(weights);
  if (bad >= 0) throw new Problem(710, `number ${bad} is ${weights[bad]}`);
  return weights;
}
