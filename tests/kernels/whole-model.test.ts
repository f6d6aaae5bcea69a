/** The kernels that move all parameters at once against the steps composed of tfjs's ops on cpu. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ADAM_STEP, AVERAGE_STEP, SGD_STEP } from '../../shared/kernels/whole-model.ts';
import { Random } from '../../shared/math/random.ts';
import type { Params } from '../../shared/nn/params.ts';
import { Average } from '../../shared/train/average.ts';
import { OPTIMISERS, type OptimiserId } from '../../shared/train/optimisers/index.ts';
import { asOnCpu, normal, tf } from '../kit/backends.ts';

/** Sizes below, at and beyond whole vectors, and one beyond the stretch that squares are summed in. */
const SHAPES = [[1], [3], [2, 2], [3, 3, 5, 7], [4099]];
const STEPS = 3;

const named = (tensors: Tensor[]): Params =>
  Object.fromEntries(tensors.map((tensor, i) => [`p${i}`, tensor]));

test('the kernels are there on wasm, and not on cpu', () => {
  for (const name of [SGD_STEP, ADAM_STEP, AVERAGE_STEP]) {
    expect(tf.getKernel(name, 'wasm')).toBeDefined();
    expect(tf.getKernel(name, 'cpu')).toBeUndefined();
  }
});

test.each<[OptimiserId, string, number]>([
  ['sgd', 'clipped', 1],
  ['sgd', 'not clipped', 1e6],
  ['adam', 'clipped', 1],
  ['adam', 'not clipped', 1e6],
])('%s, %s, moves parameters and moments as on cpu', async (id, _, clip) => {
  const random = new Random(7);
  const params = SHAPES.map((shape) => normal(random, ...shape));
  const gradients = Array.from({ length: STEPS }, () =>
    SHAPES.map((shape) => normal(random, ...shape)),
  ).flat();
  await asOnCpu([...params, ...gradients], (...tensors: Tensor[]) => {
    const optimiser = new OPTIMISERS[id](tf, { momentum: 0.9, clip });
    const student = named(tensors.slice(0, SHAPES.length).map((tensor) => tensor.clone()));
    for (let step = 1; step <= STEPS; step++) {
      const these = tensors.slice(step * SHAPES.length, (step + 1) * SHAPES.length);
      optimiser.step(student, named(these.map((tensor) => tensor.clone())), 0.1);
    }
    return [student, ...optimiser.moments].flatMap((of) => Object.values(of));
  });
});

test('the average follows as on cpu', async () => {
  const random = new Random(8);
  const inputs = [...SHAPES, ...SHAPES].map((shape) => normal(random, ...shape));
  await asOnCpu(inputs, (...tensors: Tensor[]) => {
    const begin = named(tensors.slice(0, SHAPES.length));
    const average = new Average(tf, 0.98, begin, Object.keys(begin));
    for (let step = 1; step <= STEPS; step++)
      average.follow(named(tensors.slice(SHAPES.length)), step);
    return Object.values(average.params);
  });
});

test('a clone of a parameter keeps its numbers when the parameter is stepped', async () => {
  await tf.setBackend('wasm');
  const optimiser = new OPTIMISERS.sgd(tf, { momentum: 0.9, clip: 1 });
  const student = { p: tf.tensor1d([1, 2, 3, 4, 5]) as Tensor };
  const received = student.p.clone();
  optimiser.step(student, { p: tf.ones([5]) }, 0.1);
  expect([...(await received.data())]).toEqual([1, 2, 3, 4, 5]);
  expect((await student.p.data())[0]).toBeLessThan(1);
  [student.p, received, optimiser].forEach((one) => one.dispose());
});
