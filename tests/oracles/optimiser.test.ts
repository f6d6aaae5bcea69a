import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { initialise, type Params } from '../../shared/nn/params.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { OPTIMISERS, type OptimiserId } from '../../shared/train/optimisers/index.ts';
import { tf } from '../kit/backends.ts';
import { run, smallModel, startSession, stripes } from '../train/stripes.ts';
import { adam } from './adam.ts';
import { clipped, follow, nesterov, type Vector } from './nesterov.ts';

type Options = { rate: number; momentum: number; clip: number };

/** The same steps by our optimiser, on a model of two parameters that share the numbers of `start`. */
async function steps(
  start: Vector,
  gradient: (at: Vector) => Vector,
  options: Options,
  count: number,
  id: OptimiserId = 'sgd',
): Promise<Vector[]> {
  const { rate, momentum, clip } = options;
  const cut = Math.ceil(start.length / 2);
  const split = (of: Vector): Params => ({
    a: tf.tensor1d(of.slice(0, cut)),
    b: tf.tensor1d(of.slice(cut)),
  });
  const read = async (of: Params) => [...(await of['a']!.data()), ...(await of['b']!.data())];
  const before = tf.memory().numTensors;
  const optimiser = new OPTIMISERS[id](tf, { momentum, clip });
  const params = split(start);
  const seen: Vector[] = [];
  for (let step = 0; step < count; step++) {
    optimiser.step(params, split(gradient(await read(params))), rate);
    seen.push(await read(params));
  }
  optimiser.dispose();
  Object.values(params).forEach((tensor) => tensor.dispose());
  expect(tf.memory().numTensors).toBe(before);
  return seen;
}

function expectClose(got: readonly Vector[], expected: readonly Vector[]) {
  expect(got).toHaveLength(expected.length);
  got.forEach((row, i) =>
    row.forEach((value, k) => expect(value).toBeCloseTo(expected[i]![k]!, 4)),
  );
}

/** The gradient of w^2 / 2. */
const bowl = (at: Vector) => at;
const UNCLIPPED = { rate: 0.1, momentum: 0.5, clip: 1000 };

describe('SGD with Nesterov momentum', () => {
  test('three steps down w^2 / 2 by hand', async () => {
    // g = 1, v = 1: 1 - 0.1 (1 + 0.5); g = 0.85, v = 1.35: 0.85 - 0.1 (0.85 + 0.675); and so on.
    const expected = [
      [0.85, 0.85],
      [0.6975, 0.6975],
      [0.559125, 0.559125],
    ];
    expectClose(nesterov([1, 1], bowl, UNCLIPPED, 3), expected);
    expectClose(await steps([1, 1], bowl, UNCLIPPED, 3), expected);
  });

  test('without momentum, plain descent', async () => {
    const plain = { ...UNCLIPPED, momentum: 0 };
    expectClose(await steps([1, -2], bowl, plain, 3), [
      [0.9, -1.8],
      [0.81, -1.62],
      [0.729, -1.458],
    ]);
  });

  test.each([
    { rate: 0.05, momentum: 0.9, clip: 1000 },
    { rate: 0.2, momentum: 0.5, clip: 0.3 },
    { rate: 0.01, momentum: 0.99, clip: 1 },
  ])('is the slow one down a crooked valley, %o', async (options) => {
    const random = new Random(3);
    const start = Array.from({ length: 7 }, () => random.normal());
    const steepness = start.map((_, i) => 0.2 + i);
    const valley = (at: Vector) => at.map((x, i) => steepness[i]! * x + 0.3 * Math.sin(3 * x + i));
    const slow = nesterov(start, valley, options, 20);
    expectClose(await steps(start, valley, options, 20), slow);
  });
});

describe('Adam', () => {
  test('goes one rate down at its first step, however steep it is', async () => {
    const options = { rate: 0.1, momentum: 0.9, clip: 1e6 };
    expectClose(await steps([1, 2], () => [0.001, 1000], options, 1, 'adam'), [[0.9, 1.9]]);
  });

  test.each([
    { rate: 0.05, momentum: 0.9, clip: 1000 },
    { rate: 0.02, momentum: 0, clip: 0.3 },
  ])('is the slow one down a crooked valley, %o', async (options) => {
    const random = new Random(3);
    const start = Array.from({ length: 7 }, () => random.normal());
    const valley = (at: Vector) => at.map((x, i) => (0.2 + i) * x + 0.3 * Math.sin(3 * x + i));
    const slow = adam(start, valley, options, 20);
    expectClose(await steps(start, valley, options, 20, 'adam'), slow);
  });
});

describe('clipping', () => {
  const once = { rate: 1, momentum: 0, clip: 1 };

  test('by hand: (3, 4) over both parameters has the norm 5 and becomes (0.6, 0.8)', async () => {
    expect(clipped([3, 4], 1)).toEqual([0.6000000000000001, 0.8]);
    expectClose(await steps([0, 0], () => [3, 4], once, 1), [[-0.6, -0.8]]);
  });

  test('leaves a short gradient alone, and nothing at all too', async () => {
    expectClose(await steps([0, 0], () => [0.3, 0.4], once, 1), [[-0.3, -0.4]]);
    expectClose(await steps([1, 2], () => [0, 0], once, 1), [[1, 2]]);
  });
});

describe("a session's moving average", () => {
  test.each([0, 0.5, 0.98])(
    'is the slow one at the decay %d, which grows with the steps',
    async (averageDecay) => {
      const model = smallModel('cls');
      const weights = initialise(model.layout, new Random(1));
      const config = v.parse(supervised.config, {});
      const session = await startSession({
        model,
        objective: supervised,
        config,
        weights,
        data: stripes(12, 1),
        averageDecay,
      });
      let slow: Vector = [...weights];
      for (let step = 1; step <= 12; step++) {
        await run(session, 1, 0.1);
        // Step by step 1/10, 2/11, 3/12 ...: the average of a short stretch is not held at its beginning.
        slow = follow(
          slow,
          [...(await session.weights())],
          Math.min(averageDecay, step / (step + 9)),
        );
        const average = await session.averaged();
        const off = slow.reduce(
          (worst, value, i) => Math.max(worst, Math.abs(value - average[i]!)),
          0,
        );
        expect(off).toBeLessThan(1e-5);
      }
      session.dispose();
    },
  );
});
