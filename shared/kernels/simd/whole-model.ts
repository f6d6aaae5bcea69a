import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../../nn/params.ts';
import {
  ADAM_STEP,
  AVERAGE_STEP,
  SGD_STEP,
  type AdamStepAttrs,
  type AverageStepAttrs,
  type SgdStepAttrs,
} from '../whole-model.ts';
import { registerSimd, type Simd } from './kernel.ts';

/**
 * A step of all parameters: one call of the engine in place of a dozen for each of them. Nothing is
 * overwritten, although it might be: a clone shares its numbers with the tensor that it was made of.
 */
export function registerWholeModel(tf: Tf, module: WebAssembly.Module): void {
  registerSimd(tf, module, SGD_STEP, (simd, inputs, attrs) => {
    const { count, momentum, clip, rate } = attrs as SgdStepAttrs;
    const [params, velocities, gradients] = listsOf(inputs, count) as [List, List, List];
    const scale = clipScale(simd, gradients, clip);
    return update(simd, [params, velocities], [gradients], (places, size) =>
      simd.loops.sgd(...places, size, scale, momentum, rate),
    );
  });
  registerSimd(tf, module, ADAM_STEP, (simd, inputs, attrs) => {
    const { count, first, second, clip, rate, epsilon } = attrs as AdamStepAttrs;
    const [params, means, squares, gradients] = listsOf(inputs, count) as [List, List, List, List];
    const scale = clipScale(simd, gradients, clip);
    return update(simd, [params, means, squares], [gradients], (places, size) =>
      simd.loops.adam(...places, size, scale, first, second, rate, epsilon),
    );
  });
  registerSimd(tf, module, AVERAGE_STEP, (simd, inputs, attrs) => {
    const { count, decay } = attrs as AverageStepAttrs;
    const [averages, params] = listsOf(inputs, count) as [List, List];
    return update(simd, [averages], [params], (places, size) =>
      simd.loops.average(...places, size, decay),
    );
  });
}

type List = readonly TensorInfo[];

/** The inputs, numbered through, as lists of `count`. */
function listsOf(inputs: Record<string, TensorInfo>, count: number): List[] {
  const all = Array.from({ length: Object.keys(inputs).length }, (_, i) => inputs[i]!);
  return Array.from({ length: all.length / count }, (_, i) =>
    all.slice(i * count, (i + 1) * count),
  );
}

const sizeOf = ({ shape }: TensorInfo) => shape.reduce((a, b) => a * b, 1);

/** What is added to the sum of squares, as in shared/train/optimisers/optimiser.ts. */
const NORM_EPSILON = 1e-12;

/** What every gradient is multiplied by, so that all together are no longer than `clip`. */
function clipScale(simd: Simd, gradients: List, clip: number): number {
  let squares = NORM_EPSILON;
  for (const one of gradients) squares += simd.loops.squares(simd.at(one), sizeOf(one));
  return Math.min(1, clip / Math.sqrt(squares));
}

/**
 * Calls `work` for each parameter with the addresses of what moves, of what is only read and of what
 * is made of the former, in this order. @returns what was made, list after list
 */
function update(
  simd: Simd,
  moved: readonly List[],
  read: readonly List[],
  work: (places: number[], size: number) => void,
): TensorInfo[] {
  const made = moved.map((list) => list.map(({ shape }) => simd.output(shape)));
  moved[0]!.forEach((first, i) => {
    const places = [...moved, ...read, ...made].map((list) => simd.at(list[i]!));
    work(places, sizeOf(first));
  });
  return made.flat();
}
