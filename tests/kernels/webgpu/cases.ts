/**
 * Our webgpu kernels against tfjs's cpu backend, over random shapes. The same cases run in a tab and
 * in Node, so nothing here knows of either.
 */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { crossEntropy } from '../../../shared/math/losses.ts';
import { Random } from '../../../shared/math/random.ts';
import { normRelu } from '../../../shared/nn/layers.ts';
import type { Params, Tf } from '../../../shared/nn/params.ts';
import { Average } from '../../../shared/train/average.ts';
import { OPTIMISERS } from '../../../shared/train/optimisers/index.ts';

type Numbers = { shape: number[]; data: Float32Array };
type Compute = (tf: Tf, tensors: Tensor[]) => Tensor[];
type Draw = (random: Random) => { inputs: Numbers[]; compute: Compute };

/** How a case came out: the largest distance from cpu, relative to the largest number; or what went wrong. */
export type Outcome = { name: string; off: number; error?: string };

const CASES_EACH = 5;

/** Runs every case on both backends. @param only leaves out those whose name does not contain it */
export async function runCases(tf: Tf, only = ''): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, draw] of Object.entries(CASES)) {
    if (!name.includes(only)) continue;
    const outcome: Outcome = { name, off: 0 };
    for (let seed = 1; seed <= CASES_EACH; seed++) {
      try {
        const { inputs, compute } = draw(new Random(seed));
        const off = distance(
          await on(tf, 'webgpu', inputs, compute),
          await on(tf, 'cpu', inputs, compute),
        );
        outcome.off = Math.max(outcome.off, off);
      } catch (error) {
        outcome.error ??= `seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`;
      }
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

async function on(
  tf: Tf,
  backend: string,
  inputs: Numbers[],
  compute: Compute,
): Promise<Numbers[]> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const tensors = inputs.map(({ shape, data }) => tf.tensor(data.slice(), shape));
  const made = tf.tidy(() => compute(tf, tensors));
  const results = await Promise.all(
    made.map(async (one) => ({ shape: one.shape, data: (await one.data()) as Float32Array })),
  );
  for (const tensor of [...made, ...tensors]) tensor.dispose();
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors are left on ${backend}`);
  return results;
}

function distance(got: Numbers[], expected: Numbers[]): number {
  if (String(got.map((one) => one.shape)) !== String(expected.map((one) => one.shape)))
    return Infinity;
  let off = 0;
  expected.forEach(({ data }, k) => {
    const scale = data.reduce((best, value) => Math.max(best, Math.abs(value)), 1);
    data.forEach((value, i) => {
      const one = Math.abs(got[k]!.data[i]! - value) / scale;
      off = Number.isNaN(one) ? Infinity : Math.max(off, one);
    });
  });
  return off;
}

function normal(random: Random, ...shape: number[]): Numbers {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, () => random.normal()) };
}

const between = (random: Random, low: number, high: number) => low + random.int(high - low + 1);
const oneOf = <T>(random: Random, ...choices: T[]) => choices[random.int(choices.length)]!;

function windows(random: Random) {
  const [filterHeight, filterWidth] = [between(random, 1, 4), between(random, 1, 4)];
  return {
    batch: between(random, 1, 5),
    height: between(random, filterHeight, 13),
    width: between(random, filterWidth, 13),
    channels: oneOf(random, 1, 3, 4, 6, 8, 12),
    filter: [filterHeight, filterWidth] as [number, number],
    strides: [between(random, 1, 3), between(random, 1, 3)] as [number, number],
    pad: oneOf(random, 'same' as const, 'valid' as const),
  };
}

/** A result, and its gradients against all inputs but the last, which is dy. */
const withGradients =
  (forward: (tf: Tf, ...inputs: Tensor[]) => Tensor, given: (y: Tensor) => Tensor): Compute =>
  (tf, inputs) => {
    const y = forward(tf, ...inputs);
    return [y, ...tf.grads((...list) => forward(tf, ...list))(inputs, given(y))];
  };

/** A dy in which no two numbers can stand for each other, made here: a GPU's cosine is not exact. */
const ramp = (tf: Tf) => (y: Tensor) =>
  tf.tensor(
    Float32Array.from({ length: y.size }, (_, i) => Math.cos(i)),
    y.shape,
  );

const CASES: Record<string, Draw> = {
  'convolution and its gradients'(random) {
    const { batch, height, width, channels, filter, strides, pad } = windows(random);
    const outputs = oneOf(random, 1, 3, 4, 8, 12, 20);
    return {
      inputs: [
        normal(random, batch, height, width, channels),
        normal(random, ...filter, channels, outputs),
      ],
      compute: (tf, inputs) =>
        withGradients((_, x, w) => tf.conv2d(x as Tensor4D, w as Tensor4D, strides, pad), ramp(tf))(
          tf,
          inputs,
        ),
    };
  },
  'a convolution large enough to be split'(random) {
    const [channels, outputs] = [oneOf(random, 1, 8), oneOf(random, 8, 5)];
    return {
      inputs: [normal(random, 8, 12, 12, channels), normal(random, 3, 3, channels, outputs)],
      compute: (tf, inputs) =>
        withGradients((_, x, w) => tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'), ramp(tf))(
          tf,
          inputs,
        ),
    };
  },
  'max-pooling and its gradient, equal maxima too'(random) {
    const { batch, height, width, channels, filter, strides, pad } = windows(random);
    const x = normal(random, batch, height, width, channels);
    x.data.forEach((value, i) => (x.data[i] = Math.round(value)));
    return {
      inputs: [x],
      compute: (tf, inputs) =>
        withGradients((_, a) => tf.maxPool(a as Tensor4D, filter, strides, pad), ramp(tf))(
          tf,
          inputs,
        ),
    };
  },
  'normalisation with ReLU and its gradients, far from zero too'(random) {
    const groups = between(random, 1, 4);
    const channels = groups * oneOf(random, 1, 3, 4, 8);
    const x = normal(
      random,
      between(random, 1, 3),
      between(random, 2, 9),
      between(random, 2, 9),
      channels,
    );
    const offset = oneOf(random, 0, 0, 30);
    x.data.forEach((value, i) => (x.data[i] = value + offset));
    return {
      inputs: [x, normal(random, channels), normal(random, channels)],
      compute: (tf, inputs) =>
        withGradients(
          (_, a, gamma, beta) =>
            normRelu(tf, { 'n/gamma': gamma, 'n/beta': beta }, 'n', a as Tensor4D, groups),
          ramp(tf),
        )(tf, inputs),
    };
  },
  'cross-entropy and its gradients'(random) {
    const [rows, classes] = [between(random, 1, 9), between(random, 2, 150)];
    const labels = normal(random, rows, classes);
    labels.data.forEach((value, i) => (labels.data[i] = Math.abs(value) / classes));
    return {
      inputs: [normal(random, rows, classes), labels],
      compute: (tf, inputs) =>
        withGradients((_, a, b) => crossEntropy(tf, a as Tensor2D, b), ramp(tf))(tf, inputs),
    };
  },
  'cross-entropy with labels that are whole numbers'(random) {
    const [rows, classes] = [between(random, 1, 9), between(random, 2, 9)];
    const names = Array.from({ length: rows }, () => random.int(classes));
    return {
      inputs: [normal(random, rows, classes)],
      compute: (tf, [logits]) => {
        const labels = tf.cast(tf.oneHot(tf.tensor1d(names, 'int32'), classes), 'float32');
        return [crossEntropy(tf, logits as Tensor2D, labels)];
      },
    };
  },
  'a gradient of a gradient through convolution, normalisation and pooling'(random) {
    return {
      inputs: [
        normal(random, 2, 6, 6, 3),
        normal(random, 3, 3, 3, 8),
        normal(random, 8),
        normal(random, 8),
      ],
      compute: (tf, inputs) => {
        const loss = (x: Tensor, w: Tensor, gamma: Tensor, beta: Tensor) => {
          const y = tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same');
          const active = normRelu(tf, { 'n/gamma': gamma, 'n/beta': beta }, 'n', y, 2);
          return tf.mean(tf.square(tf.maxPool(active, 2, 2, 'valid')));
        };
        const slope = (...all: Tensor[]) =>
          tf.addN(
            tf
              .grads((w, gamma, beta) => loss(all[0]!, w!, gamma!, beta!))(all.slice(1))
              .map((gradient) => tf.sum(tf.square(gradient))),
          );
        return tf.grads(slope)(inputs);
      },
    };
  },
  'three steps of SGD': (random) => threeSteps(random, 'sgd'),
  'three steps of Adam': (random) => threeSteps(random, 'adam'),
  'the average, its first step from shared tensors'(random) {
    const shapes = modelShapes(random);
    return {
      inputs: shapes.flatMap((shape) => [normal(random, ...shape), normal(random, ...shape)]),
      compute(tf, inputs) {
        const [from, to] = [0, 1].map((half) => paramsOf(inputs.filter((_, i) => i % 2 === half)));
        const average = new Average(tf, 0.9, from!, Object.keys(from!));
        for (let step = 1; step <= 3; step++) average.follow(to!, step);
        const made = Object.values(average.params).map((tensor) => tf.clone(tensor));
        average.dispose();
        // What the average began at is not its own to overwrite.
        return [...made, ...Object.values(from!).map((tensor) => tf.clone(tensor))];
      },
    };
  },
};

/** More tensors than one dispatch takes, of very different sizes. */
const modelShapes = (random: Random) =>
  Array.from({ length: 14 }, () => [between(random, 1, 15), between(random, 1, 15)]);

const paramsOf = (tensors: Tensor[]): Params =>
  Object.fromEntries(tensors.map((tensor, i) => [`p${i}`, tensor]));

function threeSteps(random: Random, id: keyof typeof OPTIMISERS) {
  const shapes = modelShapes(random);
  return {
    inputs: shapes.flatMap((shape) => [normal(random, ...shape), normal(random, ...shape)]),
    compute(tf: Tf, inputs: Tensor[]) {
      const optimiser = new OPTIMISERS[id](tf, { momentum: 0.9, clip: 2 });
      const params = paramsOf(
        inputs.filter((_, i) => i % 2 === 0).map((tensor) => tf.clone(tensor)),
      );
      const slopes = inputs.filter((_, i) => i % 2 === 1);
      for (let step = 1; step <= 3; step++)
        optimiser.step(params, paramsOf(slopes.map((g) => tf.mul(g, step))), 0.1);
      const moments = optimiser.moments.flatMap((one) =>
        Object.values(one).map((t) => tf.clone(t)),
      );
      optimiser.dispose();
      return [...Object.values(params), ...moments, ...inputs.map((tensor) => tf.clone(tensor))];
    },
  };
}
