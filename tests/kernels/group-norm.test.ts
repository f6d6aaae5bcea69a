/** The fused group norm against itself written slowly, and against its difference quotients. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GROUP_NORM, GROUP_NORM_GRAD } from '../../shared/kernels/group-norm.ts';
import { Random } from '../../shared/math/random.ts';
import { normRelu } from '../../shared/nn/layers.ts';
import { agree, asOnCpu, between, normal, on, runs, seeds, tf } from '../kit/backends.ts';

type Norm = { batch: number; positions: number; channels: number; groups: number; relu: boolean };
const EPSILON = 1e-5;

/** Group norm written slowly, in double precision: [batch, positions, channels]. */
function slowNorm(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  n: Norm,
) {
  const { batch, positions, channels, groups, relu } = n;
  const width = channels / groups;
  const out = new Float64Array(batch * positions * channels);
  for (let b = 0; b < batch; b++)
    for (let group = 0; group < groups; group++) {
      const members: number[] = [];
      for (let p = 0; p < positions; p++)
        for (let c = group * width; c < (group + 1) * width; c++)
          members.push((b * positions + p) * channels + c);
      const mean = members.reduce((sum, i) => sum + x[i]!, 0) / members.length;
      const variance = members.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / members.length;
      for (const i of members) {
        const y =
          ((x[i]! - mean) / Math.sqrt(variance + EPSILON)) * gamma[i % channels]! +
          beta[i % channels]!;
        out[i] = relu ? Math.max(0, y) : y;
      }
    }
  return out;
}

const norms = fc
  .record({
    batch: between(1, 3),
    height: between(1, 6),
    width: between(1, 6),
    groups: between(1, 4),
    perGroup: between(1, 4),
    relu: fc.boolean(),
  })
  // One number a group has no variance: its gradient is all rounding.
  .filter(({ height, width, perGroup }) => height * width * perGroup > 1);

function normInputs(
  random: Random,
  batch: number,
  height: number,
  width: number,
  channels: number,
) {
  return [
    normal(random, batch, height, width, channels),
    normal(random, channels),
    normal(random, channels),
  ] as const;
}

describe('the fused group norm', () => {
  const fused = (n: Norm) => (x: Tensor, gamma: Tensor, beta: Tensor) =>
    tf
      .engine()
      .runKernel(
        GROUP_NORM,
        { x, gamma, beta },
        { groups: n.groups, epsilon: EPSILON, relu: n.relu },
      ) as unknown as Tensor;

  test('is what it says, far from zero too (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        norms,
        between(-100, 100),
        seeds,
        async ({ batch, height, width, groups, perGroup, relu }, offset, seed) => {
          const channels = groups * perGroup;
          const n = { batch, positions: height * width, channels, groups, relu };
          const [x, gamma, beta] = normInputs(new Random(seed), batch, height, width, channels);
          x.data.forEach((value, i) => (x.data[i] = value + offset));
          const got = await on('wasm', [x, gamma, beta], (a, b, c) => [fused(n)(a, b, c)]);
          const data = Float32Array.from(slowNorm(x.data, gamma.data, beta.data, n));
          agree(got, [{ shape: x.shape, data }], 1e-4);
        },
      ),
      runs(60),
    );
  });

  test('has the gradient that difference quotients have (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        norms,
        seeds,
        async ({ batch, height, width, groups, perGroup, relu }, seed) => {
          const channels = groups * perGroup;
          const n = { batch, positions: height * width, channels, groups, relu };
          const random = new Random(seed);
          const inputs = normInputs(random, batch, height, width, channels);
          const dy = normal(random, batch, height, width, channels);
          const got = await on('wasm', [...inputs, dy], (x, gamma, beta, d) =>
            tf.grads((a, b, c) => fused(n)(a!, b!, c!))([x, gamma, beta], d),
          );
          const at = inputs.map(({ data }) => Float64Array.from(data));
          const value = () =>
            slowNorm(at[0]!, at[1]!, at[2]!, n).reduce((sum, y, i) => sum + y * dy.data[i]!, 0);
          const step = 1e-6;
          at.forEach((numbers, k) => {
            numbers.forEach((middle, i) => {
              const quotient = (from: number, to: number) => {
                numbers[i] = to;
                const high = value();
                numbers[i] = from;
                const low = value();
                numbers[i] = middle;
                return (high - low) / (to - from);
              };
              const left = quotient(middle - step, middle);
              const right = quotient(middle, middle + step);
              // The ReLU has a kink there: either side's slope is as good.
              const bounds = [Math.min(left, right), Math.max(left, right)] as const;
              const slack = 2e-3 * (1 + Math.abs(left));
              expect(got[k]!.data[i]).toBeGreaterThan(bounds[0] - slack);
              expect(got[k]!.data[i]).toBeLessThan(bounds[1] + slack);
            });
          });
        },
      ),
      runs(40),
    );
  });

  test('is what the layer composes where there is no such kernel', async () => {
    const random = new Random(2);
    const inputs = [...normInputs(random, 3, 5, 7, 16), normal(random, 3, 5, 7, 16)];
    await asOnCpu(inputs, (x, gamma, beta, dy) => {
      const layer = (a: Tensor, b: Tensor, c: Tensor) =>
        normRelu(tf, { 'n/gamma': b, 'n/beta': c }, 'n', a as Tensor4D, 4);
      return [
        layer(x, gamma, beta),
        ...tf.grads((a, b, c) => layer(a!, b!, c!))([x, gamma, beta], dy),
      ];
    });
    expect(tf.getKernel(GROUP_NORM, 'cpu')).toBeUndefined();
  });

  test('refuses channels that do not fall into the groups', async () => {
    await tf.setBackend('wasm');
    const [x, one] = [tf.zeros([1, 2, 2, 6]), tf.ones([6])];
    const attrs = { groups: 4, epsilon: EPSILON, relu: true };
    const run = (name: string) =>
      tf.engine().runKernel(name, { x, gamma: one, beta: one, dy: x }, attrs);
    expect(() => run(GROUP_NORM)).toThrow('6 channels do not fall into 4');
    expect(() => run(GROUP_NORM_GRAD)).toThrow('6 channels do not fall into 4');
    [x, one].forEach((tensor) => tensor.dispose());
  });
});
