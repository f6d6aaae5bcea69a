import { describe, expect, test } from 'vitest';
import { createPipeline, type PipelineConfig } from '../../shared/aggregation/pipeline.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { addScaled, subtract } from '../../shared/weights/delta.ts';
import { fedAvg, type Client } from './fedavg.ts';
import { fedAvgM } from './fedavgm.ts';

/** Rounds as the server runs them: deltas through the codec, a tally, a step, the state kept. */
function run(
  start: readonly number[],
  rounds: readonly (readonly Client[])[],
  config: Partial<PipelineConfig>,
): number[] {
  const plain = { before: [], combine: 'weighted-mean', after: 'fedavg', settings: {} } as const;
  const pipeline = createPipeline({ ...plain, ...config });
  const w = Float32Array.from(start);
  let state: Float32Array | undefined;
  for (const clients of rounds) {
    const tally = pipeline.begin(w.length);
    for (const { weights, examples } of clients) {
      const delta = subtract(Float32Array.from(weights), w);
      tally.add(open(encode('float32', delta, new Random(1)), { count: w.length }), examples);
    }
    const outcome = tally.finish(state);
    state = outcome.afterState;
    addScaled(w, outcome.step, 1);
  }
  return [...w];
}

function expectClose(actual: number[], expected: number[]) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
}

const ONE_ROUND = [
  { weights: [2, 2], examples: 1 },
  { weights: [4, -2], examples: 3 },
];

/** Rounds of clients that train towards anywhere. */
function crowd(seed: number, size: number, rounds: number): Client[][] {
  const random = new Random(seed);
  const client = () => ({
    weights: Array.from({ length: size }, () => random.normal()),
    examples: 1 + random.int(100),
  });
  return Array.from({ length: rounds }, () => Array.from({ length: 5 }, client));
}

describe('FedAvg', () => {
  test('by hand: (2, 2) once and (4, -2) three times', () => {
    expect(fedAvg(ONE_ROUND)).toEqual([3.5, -1]);
    expectClose(run([1, 2], [ONE_ROUND], {}), [3.5, -1]);
  });

  test('at half the rate, half the way from (1, 2) to (3.5, -1)', () => {
    expectClose(run([1, 2], [ONE_ROUND], { settings: { serverRate: 0.5 } }), [2.25, 0.5]);
  });

  test('as the slow one, whatever the start: weights and deltas tell the same', () => {
    for (const seed of [1, 2, 3]) {
      const [round] = crowd(seed, 11, 1);
      const start = Array.from({ length: 11 }, (_, i) => i - 5);
      expectClose(run(start, [round!], {}), fedAvg(round!));
    }
  });
});

describe('FedAvgM', () => {
  const settings = { serverMomentum: 0.5, serverRate: 1 };

  // One weight, one client. Means 4, 2, 0 give the momenta 4, 4, 2 and the weights 4, 8, 10.
  const towards = (...targets: number[]) =>
    targets.map((target) => [{ weights: [target], examples: 7 }]);

  test('by hand: it rolls on after the clients have stopped', () => {
    const rounds = towards(4, 6, 8);
    expect(fedAvgM([0], rounds, { beta: 0.5, rate: 1 })).toEqual([10]);
    expectClose(run([0], rounds, { after: 'fedavgm', settings }), [10]);
  });

  test('without momentum it is FedAvg', () => {
    const rounds = crowd(4, 5, 3);
    const none = { serverMomentum: 0 };
    expect(run([0, 0, 0, 0, 0], rounds, { after: 'fedavgm', settings: none })).toEqual(
      run([0, 0, 0, 0, 0], rounds, {}),
    );
  });

  test.each([
    [0.9, 0.3],
    [0.99, 0.05],
    [0.5, 1],
  ])('as the slow one over six rounds, momentum %d, rate %d', (beta, rate) => {
    const rounds = crowd(5, 9, 6);
    const start = Array(9).fill(0.25);
    const chosen = { serverMomentum: beta, serverRate: rate };
    const fast = run(start, rounds, { after: 'fedavgm', settings: chosen });
    expectClose(fast, fedAvgM(start, rounds, { beta, rate }));
  });
});

describe('clip-norm', () => {
  const clipped = { before: ['clip-norm'], settings: { clipNorm: 1 } } as const;

  test('by hand: (3, 4) has the norm 5 and becomes (0.6, 0.8)', () => {
    expectClose(run([0, 0], [[{ weights: [3, 4], examples: 2 }]], clipped), [0.6, 0.8]);
  });

  test('by hand: a small delta passes, and the weights are those of the examples', () => {
    const clients = [
      { weights: [3, 4], examples: 1 },
      { weights: [0, 0.4], examples: 3 },
    ];
    expectClose(run([0, 0], [clients], clipped), [0.15, 0.5]);
  });

  test('a delta of nothing stays nothing', () => {
    expectClose(run([1, 1], [[{ weights: [1, 1], examples: 1 }]], clipped), [1, 1]);
  });
});
