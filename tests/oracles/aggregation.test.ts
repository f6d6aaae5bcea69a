import { describe, expect, test } from 'vitest';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { fedAvg } from './fedavg.ts';
import { fedAvgM } from './fedavgm.ts';
import { fedBuff, type Arrival } from './fedbuff.ts';
import { crowd, expectClose, layersOf, PLAIN, served } from './served.ts';

const ONE_ROUND = [
  { weights: [2, 2], examples: 1 },
  { weights: [4, -2], examples: 3 },
];

describe('FedAvg', () => {
  test('by hand: (2, 2) once and (4, -2) three times', async () => {
    expect(fedAvg(ONE_ROUND)).toEqual([3.5, -1]);
    expectClose(await served([1, 2], [ONE_ROUND], {}), [3.5, -1]);
  });

  test('at half the rate, half the way from (1, 2) to (3.5, -1)', async () => {
    expectClose(await served([1, 2], [ONE_ROUND], { settings: { serverRate: 0.5 } }), [2.25, 0.5]);
  });

  test('as the slow one, whatever the start: weights and deltas tell the same', async () => {
    for (const seed of [1, 2, 3]) {
      const [round] = crowd(seed, 11, 1);
      const start = Array.from({ length: 11 }, (_, i) => i - 5);
      expectClose(await served(start, [round!], {}), fedAvg(round!));
    }
  });
});

describe('FedAvgM', () => {
  const settings = { serverMomentum: 0.5, serverRate: 1 };

  // One weight, one client. Means 4, 2, 0 give the momenta 4, 4, 2 and the weights 4, 8, 10.
  const towards = (...targets: number[]) =>
    targets.map((target) => [{ weights: [target], examples: 7 }]);

  test('by hand: it rolls on after the clients have stopped', async () => {
    const rounds = towards(4, 6, 8);
    expect(fedAvgM([0], rounds, { beta: 0.5, rate: 1 })).toEqual([10]);
    expectClose(await served([0], rounds, { after: 'fedavgm', settings }), [10]);
  });

  test('without momentum it is FedAvg', async () => {
    const rounds = crowd(4, 5, 3);
    const none = { serverMomentum: 0 };
    expect(await served([0, 0, 0, 0, 0], rounds, { after: 'fedavgm', settings: none })).toEqual(
      await served([0, 0, 0, 0, 0], rounds, {}),
    );
  });

  test.each([
    [0.9, 0.3],
    [0.99, 0.05],
    [0.5, 1],
  ])('as the slow one over six rounds, momentum %d, rate %d', async (beta, rate) => {
    const rounds = crowd(5, 9, 6);
    const start = Array(9).fill(0.25);
    const chosen = { serverMomentum: beta, serverRate: rate };
    const fast = await served(start, rounds, { after: 'fedavgm', settings: chosen });
    expectClose(fast, fedAvgM(start, rounds, { beta, rate }));
  });
});

describe('clip-norm', () => {
  const clipped = { before: ['clip-norm'], settings: { clipNorm: 1 } } as const;

  test('by hand: (3, 4) has the norm 5 and becomes (0.6, 0.8)', async () => {
    expectClose(await served([0, 0], [[{ weights: [3, 4], examples: 2 }]], clipped), [0.6, 0.8]);
  });

  test('by hand: a small delta passes, and the weights are those of the examples', async () => {
    const clients = [
      { weights: [3, 4], examples: 1 },
      { weights: [0, 0.4], examples: 3 },
    ];
    expectClose(await served([0, 0], [clients], clipped), [0.15, 0.5]);
  });

  test('a delta of nothing stays nothing', async () => {
    expectClose(await served([1, 1], [[{ weights: [1, 1], examples: 1 }]], clipped), [1, 1]);
  });
});

describe('FedBuff', () => {
  /** The server's side of it: `goal` arrivals make a version, whatever version each started from. */
  async function buffered(start: number[], arrivals: Arrival[], goal: number): Promise<number[]> {
    const pipeline = createPipeline({ ...PLAIN, before: ['staleness'] });
    let w = Float32Array.from(start);
    let tally = pipeline.begin(w.length);
    for (const { delta, staleness } of arrivals) {
      const message = encode('float32', Float32Array.from(delta), new Random(1));
      tally.add(open(message, { count: w.length }), 1, { staleness });
      if (tally.count < goal) continue;
      const ground = { layout: layersOf(w.length), base: w };
      const { step } = pipeline.step(await pipeline.combine([tally], ground));
      w = w.map((value, i) => value + step[i]!);
      tally = pipeline.begin(w.length);
    }
    return [...w];
  }

  test('by hand: one fresh delta and one three versions old, of 8 each', async () => {
    const arrivals = [0, 3].map((staleness) => ({ delta: [8], staleness }));
    expect(fedBuff([1], arrivals, 2)).toEqual([7]);
    expectClose(await buffered([1], arrivals, 2), [7]);
  });

  test('as the slow one over a stream of arrivals', async () => {
    const random = new Random(6);
    const arrivals = Array.from({ length: 24 }, () => ({
      delta: Array.from({ length: 5 }, () => random.normal()),
      staleness: random.int(6),
    }));
    for (const goal of [1, 3, 8]) {
      const start = [1, 2, 3, 4, 5];
      expectClose(await buffered(start, arrivals, goal), fedBuff(start, arrivals, goal));
    }
  });
});
