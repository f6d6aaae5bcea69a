/** Sequence models: against the formulas written slowly, and that nothing looks ahead. */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { initialise, unflatten } from '../../shared/nn/params.ts';
import { attention, attentionSpecs } from '../../shared/nn/sequence/attention.ts';
import { layerNorm, layerNormSpecs } from '../../shared/nn/sequence/layer-norm.ts';
import {
  memorySpecs,
  memoryStart,
  memoryStep,
} from '../../shared/nn/sequence/least-used-memory.ts';
import { lstm, lstmSpecs } from '../../shared/nn/sequence/lstm.ts';
import {
  temporalConvolution,
  temporalConvolutionOutputs,
  temporalConvolutionSpecs,
} from '../../shared/nn/sequence/temporal-convolution.ts';
import { layoutOf, type ParamSpec } from '../../shared/weights/layout.ts';
import { normal, on, tf, type Numbers } from '../kit/backends.ts';

const random = new Random(1);

/** Parameters of chance, as numbers and as tensors. */
function made(specs: ParamSpec[]) {
  const layout = layoutOf(specs);
  const flat = initialise(layout, random).map((value) => value + 0.1 * random.normal());
  return {
    params: () => unflatten(tf, layout, flat),
    of: (name: string) => {
      const { offset, size } = layout.entries.find((entry) => entry.name === name)!;
      return flat.subarray(offset, offset + size);
    },
  };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function expectClose(got: Numbers, expected: readonly number[]) {
  expect(got.data).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(got.data[i]).toBeCloseTo(value, 4));
}

test('an LSTM step is the paper’s, gate by gate', async () => {
  const [inputs, hidden] = [3, 2];
  const { params, of } = made(lstmSpecs('m', inputs, hidden));
  const [x, h, c] = [
    normal(random, 1, inputs),
    normal(random, 1, hidden),
    normal(random, 1, hidden),
  ];
  const [got, cell] = await on('wasm', [x, h, c], (a: Tensor2D, b: Tensor2D, d: Tensor2D) => {
    const after = lstm(tf, params(), 'm', a, { hidden: b, cell: d });
    return [after.hidden, after.cell];
  });
  const seen = [...x.data, ...h.data];
  const gate = (number: number, unit: number) => {
    const column = number * hidden + unit;
    const weights = of('m/w');
    return seen.reduce(
      (sum, value, i) => sum + value * weights[i * 4 * hidden + column]!,
      of('m/b')[column]!,
    );
  };
  const cells = range(hidden).map(
    (u) => sigmoid(gate(1, u) + 1) * c.data[u]! + sigmoid(gate(0, u)) * Math.tanh(gate(3, u)),
  );
  expectClose(cell!, cells);
  expectClose(
    got!,
    cells.map((value, u) => sigmoid(gate(2, u)) * Math.tanh(value)),
  );
});

test('layer normalisation leaves every row with mean 0 and variance 1', async () => {
  const params = { 'n/gamma': tf.ones([8]), 'n/beta': tf.zeros([8]) };
  expect(layerNormSpecs('n', 8).map(({ name }) => name)).toEqual(Object.keys(params));
  const [got] = await on('wasm', [normal(random, 4, 8)], (x: Tensor2D) => [
    layerNorm(tf, params, 'n', tf.add(tf.mul(x, 5), 3)),
  ]);
  for (const row of range(4)) {
    const numbers = got!.data.slice(row * 8, row * 8 + 8);
    const mean = numbers.reduce((a, b) => a + b) / 8;
    expect(mean).toBeCloseTo(0, 5);
    expect(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8).toBeCloseTo(1, 3);
  }
});

test('attention is a softmax over the keys up to each place', async () => {
  const [time, inputs, keys, values] = [4, 3, 2, 2];
  const { params, of } = made(attentionSpecs('a', { inputs, keys, values }));
  const x = normal(random, 1, time, inputs);
  const [got] = await on('wasm', [x], (one: Tensor3D) => [attention(tf, params(), 'a', one)]);
  const project = (part: string, t: number, width: number) =>
    range(width).map((u) =>
      range(inputs).reduce(
        (sum, i) => sum + x.data[t * inputs + i]! * of(`a/${part}/w`)[i * width + u]!,
        of(`a/${part}/b`)[u]!,
      ),
    );
  const expected = range(time).flatMap((t) => {
    const query = project('query', t, keys);
    const powers = range(t + 1).map((s) => {
      const key = project('key', s, keys);
      return Math.exp(query.reduce((sum, q, u) => sum + q * key[u]!, 0) / Math.sqrt(keys));
    });
    const all = powers.reduce((a, b) => a + b, 0);
    const found = range(values).map((u) =>
      powers.reduce((sum, power, s) => sum + (power / all) * project('value', s, values)[u]!, 0),
    );
    return [...x.data.slice(t * inputs, (t + 1) * inputs), ...found];
  });
  expectClose(got!, expected);
});

describe('a temporal convolution', () => {
  const size = { inputs: 2, filters: 3, time: 6 };
  const { params } = made(temporalConvolutionSpecs('t', size));
  const run = async (x: Numbers) => {
    const [got] = await on('wasm', [x], (one: Tensor3D) => [
      temporalConvolution(tf, params(), 't', one, size.time),
    ]);
    return got!;
  };

  test('reaches back over all of its time, and never ahead', async () => {
    const x = normal(random, 1, size.time, 2);
    const channels = temporalConvolutionOutputs(size);
    const before = await run(x);
    expect(before.shape).toEqual([1, size.time, channels]);
    for (const changed of range(size.time)) {
      const data = x.data.slice();
      data[changed * 2] = data[changed * 2]! + 1;
      const after = await run({ ...x, data });
      const differs = range(size.time).map((t) =>
        range(channels).some((c) => after.data[t * channels + c] !== before.data[t * channels + c]),
      );
      expect(differs).toEqual(range(size.time).map((t) => t >= changed));
    }
  });
});

test('a memory reads by the cosine, and writes where it read or to the least used slot', async () => {
  const [slots, width] = [3, 2];
  const { params, of } = made(memorySpecs('m', 2, { slots, width, reads: 1 }));
  const x = normal(random, 1, 2);
  const kept = normal(random, 1, slots, width);
  const read = [0.2, 0.5, 0.3];
  const usage = [0.4, 0.1, 0.9];
  const [found, after, used] = await on('wasm', [x, kept], (one: Tensor2D, memory: Tensor3D) => {
    const start = memoryStart(tf, 1, { slots, width, reads: 1 });
    expect([start.slots.shape, start.read.shape]).toEqual([memory.shape, [1, 1, slots]]);
    const before = {
      slots: memory,
      read: tf.tensor3d(read, [1, 1, slots]),
      usage: tf.tensor2d([usage]),
    };
    const step = memoryStep(tf, params(), 'm', one, before);
    return [step.found, step.after.slots, step.after.usage];
  });
  const linear = (part: string, unit: number, units: number) =>
    of(`m/${part}/b`)[unit]! +
    range(2).reduce((sum, i) => sum + x.data[i]! * of(`m/${part}/w`)[i * units + unit]!, 0);
  const key = range(width).map((u) => Math.tanh(linear('key', u, width)));
  const gate = sigmoid(linear('gate', 0, 1));
  const rows = range(slots).map((s) => [...kept.data.slice(s * width, (s + 1) * width)]);
  const powers = rows.map((row) =>
    Math.exp(
      row.reduce((sum, value, d) => sum + value * key[d]!, 0) /
        Math.hypot(...row) /
        Math.hypot(...key),
    ),
  );
  const shares = powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
  expectClose(
    found!,
    range(width).map((d) => shares.reduce((sum, share, s) => sum + share * rows[s]![d]!, 0)),
  );
  // Slot 1 is the least used: it is emptied, and has all that the gate does not give to where was read.
  const write = read.map((weight, s) => gate * weight + (s === 1 ? 1 - gate : 0));
  expectClose(
    after!,
    rows.flatMap((row, s) => row.map((value, d) => (s === 1 ? 0 : value) + write[s]! * key[d]!)),
  );
  expectClose(
    used!,
    usage.map((value, s) => 0.95 * value + shares[s]! + write[s]!),
  );
});
