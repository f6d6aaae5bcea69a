import type { Recipe } from '../../shared/api/recipe.ts';
import { Problem } from '../../shared/api/problem.ts';
import {
  dispose,
  unflatten,
  type Params,
  type Tensor,
  type Tensor4D,
  type Tf,
} from '../../shared/nn/params.ts';
import type { Model } from '../../shared/nn/model.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';

/** Bytes that a contribution takes, and the most that it may take here. */
export type MemoryNeed = { images: number; training: number; most: number };

const GB = 1e9;
/** A tab has 4 GB at most, and the page, the kernels and the garbage want their part. */
const MOST = 2 * GB;
/** The share of a device's memory that is borrowed, where the browser tells how much there is. */
const SHARE = 0.25;

/** For what an objective adds of its own: 5 to 25 % of the measured peak for SimCLR. */
const MARGIN = 1.5;

/** Received, student, gradients, average, and up to two moments of the optimiser. */
const COPIES = 6;

/** @param deviceMemory in GB, as `navigator.deviceMemory` rounds it; not every browser tells */
export function mostMemory(deviceMemory: number | undefined): number {
  return deviceMemory === undefined ? MOST : Math.min(MOST, SHARE * deviceMemory * GB);
}

/**
 * What a contribution will take, from one gradient of one image and one of two on the backend that is
 * set: before a step of the plan's whole batch could end the tab.
 */
export function memoryNeed(
  tf: Tf,
  { plan, model, objective }: Recipe,
  data: LocalData,
  most: number,
): MemoryNeed {
  const rows = plan.local.batch * Object.keys(objective.views).length;
  const copies = COPIES * 4 * model.layout.size;
  const training = Math.ceil(MARGIN * rows * imageBytes(tf, model)) + copies;
  return { images: data.images.byteLength, training, most };
}

/** @throws Problem 305 when it is more than there may be */
export function refuseTooMuch({ images, training, most }: MemoryNeed): void {
  if (images + training <= most) return;
  const mega = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new Problem(
    305,
    `${mega(images)} of images and ${mega(training)} for a step, where this device lends ${mega(most)}`,
  );
}

/** Bytes of all that a gradient through one image holds at once: layers, and their gradients. */
function imageBytes(tf: Tf, model: Model): number {
  const params = unflatten(tf, model.layout, new Float32Array(model.layout.size));
  try {
    return gradientBytes(tf, model, params, 2) - gradientBytes(tf, model, params, 1);
  } finally {
    dispose(params);
  }
}

/**
 * The gradient is asked for the images' own too, whose turn is the last: then all the others are
 * still held.
 */
function gradientBytes(tf: Tf, model: Model, params: Params, count: number): number {
  const { size, channels } = model.spec.input;
  const names = model.net.specs(model.spec.input).map(({ name }) => name);
  const before = tf.memory().numBytes;
  let held = 0;
  const look = tf.customGrad((x) => ({
    value: tf.clone(x as Tensor),
    gradFunc: (dy) => {
      held = tf.memory().numBytes - before;
      return dy as Tensor;
    },
  }));
  tf.tidy(() => {
    const images = tf.zeros([count, size, size, channels]);
    const embedded = (first: Tensor, ...tensors: Tensor[]) => {
      const watched = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
      return tf.sum(model.embed(tf, { ...params, ...watched }, look(first) as Tensor4D));
    };
    tf.grads(embedded)([images, ...names.map((name) => params[name]!)]);
  });
  return held;
}
