/** What a plan may add to a volunteer's steps (FedProx, ASAM, FedEMA), against the papers' formulas. */
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { allRows, type Objective } from '../../shared/objectives/contract.ts';
import { begunFrom, mixedWithOwn } from '../../shared/train/personal.ts';
import { tf } from '../kit/backends.ts';
import { run, smallModel, startSession, stripes } from '../train/stripes.ts';
import { asam } from './asam.ts';

const MODEL = smallModel('cls');
const WEIGHTS = initialise(MODEL.layout, new Random(1)).map((value) => value + 0.1);
const BIAS = MODEL.layout.entries.find(({ name }) => name === 'head/cls/b')!;
const STEEPNESS = [0.5, 1, 3];

/** Sum of steepness_i * b_i^2 / 2: its gradient is steepness_i * b_i. */
const bowl: Objective = {
  ...{ title: 'Bowl', paper: 'https://example.org', summary: 'A bowl.', config: v.object({}) },
  ...{ views: { image: 'plain' }, heads: ['cls'], uses: { labels: false, teacher: false } },
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets: () => ({}),
  loss: ({ params }) => ({
    bowl: tf.div(tf.sum(tf.mul(tf.square(params[BIAS.name]!), tf.tensor1d(STEEPNESS))), 2),
  }),
  report: () => ({}),
};

/** The three biases after some steps, and the losses on the way. */
async function learnt(more: object, steps: number) {
  const before = tf.memory().numTensors;
  const session = await startSession({
    ...{ model: MODEL, objective: bowl, weights: WEIGHTS, data: stripes(6, 1) },
    ...{ batch: 2, momentum: 0, clip: 1e6, ...more },
  });
  const losses = await run(session, steps, 0.1);
  const flat = await session.weights();
  session.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return { bias: [...flat.slice(BIAS.offset, BIAS.offset + BIAS.size)], losses };
}

const START = [...WEIGHTS.slice(BIAS.offset, BIAS.offset + BIAS.size)];
const gradient = (at: readonly number[]) => at.map((x, i) => STEEPNESS[i]! * x);

function expectClose(got: readonly number[], expected: readonly number[]) {
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}

test.each([0.1, 2])(
  'FedProx, mu %d: the gradient of F(w) + mu/2 |w - received|^2',
  async (proximal) => {
    let w = START;
    for (const _ of range(8))
      w = w.map((x, i) => x - 0.1 * (gradient(w)[i]! + proximal * (x - START[i]!)));
    expectClose((await learnt({ proximal }, 8)).bias, w);
  },
);

describe('sharpness', () => {
  test.each([0.05, 0.5, 2])('rho %d: the gradient where the loss rises most', async (sharpness) => {
    const slow = asam(START, gradient, { rho: sharpness, rate: 0.1, steps: 8 });
    const { bias, losses } = await learnt({ sharpness }, 8);
    expectClose(bias, slow);
    // The loss that is told is the student's own.
    expect(losses[0]).toBeCloseTo(
      START.reduce((sum, x, i) => sum + (STEEPNESS[i]! * x ** 2) / 2, 0),
    );
  });

  test('of zero is plain descent', async () => {
    expect(await learnt({ sharpness: 0 }, 4)).toEqual(await learnt({}, 4));
  });
});

describe('FedEMA', () => {
  const received = Float32Array.of(1, 2, 3);
  const own = { weights: Float32Array.of(1, 5, 7) };

  test('the first mix is tau of its own, and sets lambda by the divergence', () => {
    // The divergence is 5: (0, 3, 4).
    const { weights, lambda } = mixedWithOwn(received, own, 0.7);
    expect(lambda).toBeCloseTo(0.7 / 5);
    expectClose([...weights], [1, 2 + 0.7 * 3, 3 + 0.7 * 4]);
  });

  test('later lambda stays: half as far away, half as much of its own; never more than all', () => {
    const near = { weights: Float32Array.of(1, 3.5, 5), lambda: 0.7 / 5 };
    expectClose([...mixedWithOwn(received, near, 0.7).weights], [1, 2 + 0.35 * 1.5, 3 + 0.35 * 2]);
    const far = { weights: Float32Array.of(1, 32, 43), lambda: 0.7 / 5 };
    expect([...mixedWithOwn(received, far, 0.7).weights]).toEqual([1, 32, 43]);
  });

  test('who has nothing of its own, or the very same, begins from what it received', () => {
    expect(begunFrom(MODEL, WEIGHTS, undefined, 0.7).weights).toBe(WEIGHTS);
    const same = { weights: received.slice() };
    expect(mixedWithOwn(received, same, 0.7)).toEqual({ weights: received, lambda: undefined });
  });
});
