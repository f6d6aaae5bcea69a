/**
 * Our kernels for tfjs's wasm backend against its cpu backend, over random shapes, and the fused
 * group norm against differences quotients in double precision. Nothing may stay on the heap.
 */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend, type BackendName } from '../../client/tf.ts';
import { GROUP_NORM, GROUP_NORM_GRAD } from '../../shared/kernels/group-norm.ts';
import { Random } from '../../shared/math/random.ts';
import { normRelu } from '../../shared/nn/layers.ts';
import type { Tf } from '../../shared/nn/params.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await startBackend(['wasm']));
});

type Numbers = { shape: number[]; data: Float32Array };

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function normal(random: Random, ...shape: number[]): Numbers {
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) };
}

/** What `compute` makes of the inputs on a backend; fails when it leaves anything there. */
async function on(
  backend: BackendName,
  inputs: readonly Numbers[],
  compute: (...tensors: any[]) => Tensor[],
): Promise<Numbers[]> {
  await tf.setBackend(backend);
  const held = () => [tf.memory().numTensors, tf.engine().backend.numDataIds()];
  const before = held();
  const tensors = inputs.map(({ data, shape }) => tf.tensor(data.slice(), shape));
  const made = tf.tidy(() => compute(...tensors));
  const results = await Promise.all(
    made.map(async (one) => ({ shape: one.shape, data: (await one.data()) as Float32Array })),
  );
  [...made, ...tensors].forEach((one) => one.dispose());
  expect(held()).toEqual(before);
  return results;
}

/** Elementwise, to single precision of the largest number among them. */
function agree(got: readonly Numbers[], expected: readonly Numbers[], precision = 2e-5) {
  expect(got.map((one) => one.shape)).toEqual(expected.map((one) => one.shape));
  expected.forEach(({ data }, k) => {
    const scale = data.reduce((best, value) => Math.max(best, Math.abs(value)), 1);
    data.forEach((value, i) => {
      const off = Math.abs(got[k]!.data[i]! - value) / scale;
      if (!(off <= precision)) expect.fail(`${k}[${i}]: ${got[k]!.data[i]} in place of ${value}`);
    });
  });
}

async function asOnCpu(inputs: readonly Numbers[], compute: (...tensors: any[]) => Tensor[]) {
  agree(await on('wasm', inputs, compute), await on('cpu', inputs, compute));
}

const between = (min: number, max: number) => fc.integer({ min, max });
const seeds = between(1, 1e9);
const runs = (numRuns: number) => ({ numRuns, seed: 1 });

/** Output length of a window; below one it does not fit. */
const outputOf = (length: number, filter: number, stride: number, pad: 'same' | 'valid' | number) =>
  pad === 'same'
    ? Math.ceil(length / stride)
    : Math.floor((length - filter + 2 * (pad === 'valid' ? 0 : pad)) / stride) + 1;

const geometry = fc
  .record({
    batch: between(1, 3),
    height: between(1, 13),
    width: between(1, 13),
    channels: between(1, 6),
    filterHeight: between(1, 4),
    filterWidth: between(1, 4),
    strideHeight: between(1, 3),
    strideWidth: between(1, 3),
    pad: fc.constantFrom('same' as const, 'valid' as const),
  })
  .filter(
    (g) =>
      outputOf(g.height, g.filterHeight, g.strideHeight, g.pad) >= 1 &&
      outputOf(g.width, g.filterWidth, g.strideWidth, g.pad) >= 1,
  );

describe('the gradients of conv2d', () => {
  test('are the cpu backend’s (property)', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, between(1, 7), seeds, async (g, outputs, seed) => {
        const random = new Random(seed);
        const x = normal(random, g.batch, g.height, g.width, g.channels);
        const w = normal(random, g.filterHeight, g.filterWidth, g.channels, outputs);
        const outHeight = outputOf(g.height, g.filterHeight, g.strideHeight, g.pad);
        const outWidth = outputOf(g.width, g.filterWidth, g.strideWidth, g.pad);
        const dy = normal(random, g.batch, outHeight, outWidth, outputs);
        await asOnCpu([x, w, dy], (a: Tensor4D, b: Tensor4D, d: Tensor4D) =>
          tf.grads((p, q) =>
            tf.conv2d(p as Tensor4D, q as Tensor4D, [g.strideHeight, g.strideWidth], g.pad),
          )([a, b], d),
        );
      }),
      runs(150),
    );
  });

  test('are the cpu backend’s with padding by number, filters that fit into it included', async () => {
    const settings = fc.record({
      side: between(1, 9),
      filter: between(1, 3),
      stride: between(1, 3),
      pad: between(0, 3),
    });
    await fc.assert(
      fc.asyncProperty(settings, seeds, async ({ side, filter, stride, pad }, seed) => {
        const out = outputOf(side, filter, stride, pad);
        fc.pre(out >= 1);
        const random = new Random(seed);
        const inputs = [
          normal(random, 2, side, side, 3),
          normal(random, filter, filter, 3, 2),
          normal(random, 2, out, out, 2),
        ];
        await asOnCpu(inputs, (a: Tensor4D, b: Tensor4D, d: Tensor4D) =>
          tf.grads((p, q) =>
            tf.conv2d(p as Tensor4D, q as Tensor4D, stride, pad, 'NHWC', [1, 1], 'floor'),
          )([a, b], d),
        );
      }),
      runs(80),
    );
  });
});

describe('matMul', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])(
    'with transposeA %s and transposeB %s is the cpu backend’s, its gradients too',
    async (ta, tb) => {
      const shapes = fc.record({
        rows: between(1, 9),
        inner: between(1, 9),
        columns: between(1, 9),
        a: between(1, 3),
        b: between(1, 3),
        rank: between(2, 4),
      });
      await fc.assert(
        fc.asyncProperty(shapes, seeds, async ({ rows, inner, columns, a, b, rank }, seed) => {
          // A batch of one is broadcast, but only its forward pass: tfjs has no gradient for it.
          const alike = a === b;
          fc.pre(rank === 2 || alike || a === 1 || b === 1);
          const random = new Random(seed);
          const batch = (n: number) => (rank === 2 ? [] : rank === 3 ? [n] : [n, 2]);
          const left = normal(random, ...batch(a), ...(ta ? [inner, rows] : [rows, inner]));
          const right = normal(random, ...batch(b), ...(tb ? [columns, inner] : [inner, columns]));
          await asOnCpu([left, right], (p: Tensor2D, q: Tensor2D) => {
            const product = tf.matMul(p, q, ta, tb);
            if (rank > 2 && !alike) return [product];
            const loss = (u: Tensor, v: Tensor) => {
              const y = tf.matMul(u as Tensor2D, v as Tensor2D, ta, tb);
              return tf.sum(tf.mul(y, tf.add(y, 1)));
            };
            return [product, ...tf.grads(loss)([p, q])];
          });
        }),
        runs(40),
      );
    },
  );
});

describe('the gradient of max-pooling', () => {
  const pooled = async (
    g: {
      filterHeight: number;
      filterWidth: number;
      strideHeight: number;
      strideWidth: number;
      pad: 'same' | 'valid';
    },
    x: Numbers,
  ) =>
    asOnCpu([x], (a: Tensor4D) => {
      const pool = (p: Tensor) =>
        tf.maxPool(
          p as Tensor4D,
          [g.filterHeight, g.filterWidth],
          [g.strideHeight, g.strideWidth],
          g.pad,
        );
      const weights = (y: Tensor) => tf.reshape(tf.range(1, y.size + 1), y.shape);
      return [tf.grad((p) => tf.sum(tf.mul(pool(p), weights(pool(p)))))(a)];
    });

  test('is the cpu backend’s, whether windows overlap or not (property)', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, seeds, (g, seed) =>
        pooled(g, normal(new Random(seed), g.batch, g.height, g.width, g.channels)),
      ),
      runs(150),
    );
  });

  test('goes to the first of equal maxima, as on cpu', async () => {
    await fc.assert(
      fc.asyncProperty(
        between(1, 9),
        between(1, 9),
        between(1, 3),
        seeds,
        async (height, width, side, seed) => {
          fc.pre(height >= side && width >= side);
          const random = new Random(seed);
          const x = normal(random, 2, height, width, 3);
          x.data.forEach((_, i) => (x.data[i] = random.int(3) - 1));
          const window = {
            filterHeight: side,
            filterWidth: side,
            strideHeight: side,
            strideWidth: side,
          };
          await pooled({ ...window, pad: 'valid' }, x);
        },
      ),
      runs(80),
    );
  });
});

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
          const got = await on('wasm', [x, gamma, beta], (...t) => [fused(n)(t[0], t[1], t[2])]);
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

test('the kernels outlive a restart of the backend', async () => {
  const inputs = [normal(new Random(1), 1, 6, 6, 2), normal(new Random(2), 3, 3, 2, 3)];
  const compute = (x: Tensor4D, w: Tensor4D) =>
    tf.grads((a, b) => {
      const y = tf.maxPool(tf.conv2d(a as Tensor4D, b as Tensor4D, 1, 'same'), 2, 2, 'valid');
      return tf.sum(tf.matMul(tf.reshape(y, [9, 3]), tf.reshape(y, [9, 3]), true, false));
    })([x, w]);
  const before = await on('wasm', inputs, compute);
  await tf.setBackend('cpu');
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory as () => Promise<never>);
  agree(await on('wasm', inputs, compute), before, 1e-7);
});
