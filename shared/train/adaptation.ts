import { crossEntropy } from '../math/losses.ts';
import { NETS } from '../nn/index.ts';
import { dense } from '../nn/layers.ts';
import type { Model, ModelSpec } from '../nn/model.ts';
import type { Params, Scalar, Tensor2D, Tensor4D, Tf } from '../nn/params.ts';
import type { ParamSpec } from '../weights/layout.ts';
import type { Task } from './episodes.ts';

/** A model that is adapted to an episode, and the name of its classifier of that many ways. */
export type Adapting = { tf: Tf; model: Model; head: string };

/** The classifier of an episode, from zero like the one of the base classes: no class is preferred at first. */
export function waysSpecs(head: string, { net, input }: ModelSpec, ways: number): ParamSpec[] {
  const init = { kind: 'constant', value: 0 } as const;
  return [
    { name: `${head}/w`, shape: [NETS[net].features(input), ways], init },
    { name: `${head}/b`, shape: [ways], init },
  ];
}

/** [images, ways] */
export function waysLogits({ tf, model, head }: Adapting, params: Params, x: Tensor4D): Tensor2D {
  return dense(tf, params, head, model.embed(tf, params, x));
}

/** @param labels rows of 0 and 1 */
export function taskLoss(
  on: Adapting,
  params: Params,
  { images, labels }: Task['support'],
): Scalar {
  return on.tf.mean(crossEntropy(on.tf, waysLogits(on, params, images), labels)) as Scalar;
}

/** What adapts: the backbone's parameters and the classifier's, or the latter alone. */
export function adapted({ model, head }: Adapting, part: 'all' | 'head'): string[] {
  return model.trained.filter(
    (name) => name.startsWith(`${head}/`) || (part === 'all' && name.startsWith('backbone/')),
  );
}

/** Loss and gradients on some images; on a tape they can be differentiated again. */
export function gradientsOf(
  on: Adapting,
  params: Params,
  names: readonly string[],
  images: Task['support'],
): { value: Scalar; gradients: Params } {
  const inputs = names.map((name) => params[name]!);
  const { value, grads } = on.tf.engine().gradients(() => taskLoss(on, params, images), inputs);
  return { value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])) };
}

/** Steps of plain gradient descent by the named parameters. @returns all of them, the named ones moved */
export function descend(
  on: Adapting,
  params: Params,
  names: readonly string[],
  images: Task['support'],
  { steps, rate }: { steps: number; rate: number },
): Params {
  let fast = params;
  for (let step = 0; step < steps; step++) {
    const { gradients } = gradientsOf(on, fast, names, images);
    const moved = names.map((name) => {
      const next = on.tf.sub(fast[name]!, on.tf.mul(gradients[name]!, rate));
      return [name, next] as const;
    });
    fast = { ...fast, ...Object.fromEntries(moved) };
  }
  return fast;
}
