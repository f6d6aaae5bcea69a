/** Runs the same computation on two of tfjs's backends, from plain numbers to plain numbers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { startBackend, type BackendName } from '../../client/tf.ts';
import type { Random } from '../../shared/math/random.ts';

/** tfjs with both backends: in Node the cpu one comes along. */
export const { tf } = await startBackend(['wasm']);

export type Numbers = { shape: number[]; data: Float32Array };

/** `never` lets a computation say of each tensor what rank it has. */
export type Compute = (...tensors: never[]) => Tensor[];

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

export function normal(random: Random, ...shape: number[]): Numbers {
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) };
}

/** What `compute` makes of the inputs on a backend; fails when it leaves anything there. */
export async function on(
  backend: BackendName,
  inputs: readonly Numbers[],
  compute: Compute,
): Promise<Numbers[]> {
  await tf.setBackend(backend);
  const held = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];
  const before = held();
  const tensors = inputs.map(({ data, shape }) => tf.tensor(data.slice(), shape));
  const made = tf.tidy(() => compute(...(tensors as never[])));
  const results = await Promise.all(
    made.map(async (one) => ({ shape: one.shape, data: (await one.data()) as Float32Array })),
  );
  [...made, ...tensors].forEach((one) => one.dispose());
  expect(held()).toEqual(before);
  return results;
}

/** Elementwise, to single precision of the largest number among them. */
export function agree(got: readonly Numbers[], expected: readonly Numbers[], precision = 2e-5) {
  expect(got.map((one) => one.shape)).toEqual(expected.map((one) => one.shape));
  expected.forEach(({ data }, k) => {
    const scale = data.reduce((best, value) => Math.max(best, Math.abs(value)), 1);
    data.forEach((value, i) => {
      const off = Math.abs(got[k]!.data[i]! - value) / scale;
      if (!(off <= precision)) expect.fail(`${k}[${i}]: ${got[k]!.data[i]} in place of ${value}`);
    });
  });
}

export async function asOnCpu(inputs: readonly Numbers[], compute: Compute) {
  agree(await on('wasm', inputs, compute), await on('cpu', inputs, compute));
}

export const between = (min: number, max: number) => fc.integer({ min, max });
export const seeds = between(1, 1e9);
export const runs = (numRuns: number) => ({ numRuns, seed: 1 });
