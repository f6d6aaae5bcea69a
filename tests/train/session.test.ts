/** What a session promises beyond what every objective is tested for in `tests/conformance`. */
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { range } from '../../shared/math/random.ts';
import { flatten } from '../../shared/nn/params.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { tf } from '../kit/backends.ts';
import { BIAS, DATA, MODEL, others, partOf, pull, start, WEIGHTS } from './pull.ts';
import { digest, run, SMALL, unlabelled } from './stripes.ts';

const PIXELS = SMALL.size ** 2;

describe('a session does not start', () => {
  test.each([
    ['without images', { data: { images: new Float32Array(0), count: 0 } }, 'no images'],
    ['with the weights of another model', { weights: WEIGHTS.subarray(1) }, 'layout'],
    [
      'with an objective that needs labels where there are none',
      { objective: supervised, data: unlabelled(DATA) },
      'no labels',
    ],
  ])('%s', async (_, wish, message) => {
    await expect(start(pull(), wish)).rejects.toThrow(message);
  });
});

describe('what a session learns from', () => {
  test('are the rows that the objective names, each once an epoch', async () => {
    const drawn: number[] = [];
    const session = await start(
      pull({
        rows: () => [1, 3, 4, 8],
        targets: ({ batch }) => (drawn.push(...batch.rows), {}),
      }),
      { batch: 2 },
    );
    expect(session.usable).toBe(4);
    await run(session, 6, 0);
    session.dispose();
    for (const epoch of range(3))
      expect(drawn.slice(4 * epoch, 4 * epoch + 4).sort()).toEqual([1, 3, 4, 8]);
  });

  test('are views of exactly those rows, by the names that the objective gives them', async () => {
    let seen = 0;
    const session = await start(
      pull({
        views: { asItIs: 'plain', first: 'strong', second: 'strong' },
        targets({ batch: { rows, views } }) {
          expect(Object.keys(views)).toEqual(['asItIs', 'first', 'second']);
          for (const view of Object.values(views))
            expect(view.shape).toEqual([4, SMALL.size, SMALL.size, 1]);
          const images = rows.flatMap((row) => [
            ...DATA.images.subarray(row * PIXELS, (row + 1) * PIXELS),
          ]);
          expect([...views['asItIs']!.dataSync()]).toEqual(images);
          // Two views of the same kind are two draws.
          expect(views['first']!.dataSync()).not.toEqual(views['second']!.dataSync());
          seen++;
          return {};
        },
      }),
    );
    await run(session, 3, 0);
    session.dispose();
    expect(seen).toBe(3);
  });

  test('may be nothing at all: it says so, and a step has nothing to take', async () => {
    const session = await start(pull({ rows: () => [] }));
    expect(session.usable).toBe(0);
    const before = tf.memory().numTensors;
    expect(() => session.step(0.1)).toThrow('no rows');
    expect(tf.memory().numTensors).toBe(before);
    session.dispose();
  });

  test('is drawn alike however much chance the objective used up at its beginning', async () => {
    const rowsAfter = async (draws: number) => {
      const drawn: number[] = [];
      const session = await start(
        pull({
          begin: async ({ random }) => range(draws).forEach(() => random.next()),
          targets: ({ batch }) => (drawn.push(...batch.rows), {}),
        }),
      );
      await run(session, 5, 0);
      session.dispose();
      return drawn;
    };
    expect(await rowsAfter(100)).toEqual(await rowsAfter(0));
  });
});

describe('a step', () => {
  test('goes down the gradient of the sum of all terms, by hand: b - 0.1 (2 b + 3)', async () => {
    const session = await start(
      pull({
        loss: ({ params }) => ({
          square: tf.sum(tf.square(params[BIAS]!)),
          thrice: tf.mul(tf.sum(params[BIAS]!), 3),
        }),
      }),
    );
    const terms = session.step(0.1);
    expect(Object.keys(terms)).toEqual(['square', 'thrice']);
    Object.values(terms).forEach((term) => term.dispose());
    partOf(await session.weights(), BIAS).forEach((value) =>
      expect(value).toBeCloseTo(0.1 - 0.1 * (0.2 + 3), 6),
    );
    session.dispose();
  });

  test('reports the loss as it was before it', async () => {
    const session = await start(pull());
    expect((await run(session, 1, 0.1))[0]).toBeCloseTo(3 * 0.1 ** 2, 6);
    session.dispose();
  });

  test('does not differentiate what the targets were made of', async () => {
    // Of b times a copy of b the gradient is b; were the copy on the tape, it would be 2 b.
    const session = await start(
      pull({
        targets: ({ params }) => ({ copy: tf.mul(params[BIAS]!, 1) }),
        loss: ({ params }, { copy }) => ({ product: tf.sum(tf.mul(params[BIAS]!, copy!)) }),
      }),
    );
    await run(session, 1, 0.5);
    partOf(await session.weights(), BIAS).forEach((value) => expect(value).toBeCloseTo(0.05, 6));
    session.dispose();
  });

  test('leaves every parameter that the loss does not read as it was, to the bit', async () => {
    const session = await start(pull(), { momentum: 0.9 });
    await run(session, 5, 0.1);
    const weights = await session.weights();
    session.dispose();
    expect(others(weights)).toBe(others(WEIGHTS));
    expect(partOf(weights, BIAS)).not.toEqual(partOf(WEIGHTS, BIAS));
  });

  test('of the rate zero changes nothing', async () => {
    const session = await start(pull(), { momentum: 0.9 });
    await run(session, 3, 0);
    expect(digest(await session.weights())).toBe(digest(WEIGHTS));
    session.dispose();
  });

  test('shows the objective the average so far as its teacher', async () => {
    const teachers: Promise<string>[] = [];
    const session = await start(
      pull({
        targets: ({ teacher }) => (teachers.push(flatten(MODEL.layout, teacher).then(digest)), {}),
      }),
    );
    const averages = [digest(await session.averaged())];
    for (const _ of range(3)) {
      await run(session, 1, 0.2);
      averages.push(digest(await session.averaged()));
    }
    session.dispose();
    expect(averages[0]).toBe(digest(WEIGHTS));
    expect(await Promise.all(teachers)).toEqual(averages.slice(0, 3));
    expect(averages[3]).not.toBe(averages[0]);
  });
});

test('sessions side by side do not touch each other, nor the weights they were given', async () => {
  const given = WEIGHTS.slice();
  const learn = async (seed: number) => {
    const session = await start(supervised, {
      seed,
      config: v.parse(supervised.config, {}),
      weights: given,
    });
    await run(session, 4, 0.1);
    const learnt = digest(await session.weights());
    session.dispose();
    return learnt;
  };
  const alone = [await learn(1), await learn(2)];
  expect(await Promise.all([learn(1), learn(2)])).toEqual(alone);
  expect(digest(given)).toBe(digest(WEIGHTS));
});

describe('a session that is taken up again', () => {
  const strong = (wish: object = {}) =>
    start(supervised, { momentum: 0.9, config: v.parse(supervised.config, {}), ...wish });

  /** Weights, average and losses of the last steps, with a break after some, or without. */
  async function learn(breakAfter: number[], steps: number, open = strong) {
    let session = await open();
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      if (breakAfter.includes(step)) {
        // As a store gives it back.
        const kept = structuredClone(await session.snapshot());
        session.dispose();
        session = await open();
        session.resume(kept);
      }
      losses.push(...(await run(session, 1, 0.1)));
    }
    const [weights, average] = [digest(await session.weights()), digest(await session.averaged())];
    session.dispose();
    return { weights, average, losses };
  }

  test.each([[[1]], [[3]], [[2, 5, 6]], [[0]]])(
    'after %j steps comes to the same numbers, to the bit',
    async (breaks) => {
      expect(await learn(breaks, 8)).toEqual(await learn([], 8));
    },
  );

  test('does so where the objective draws by itself and a normal number is left over', async () => {
    const open = () =>
      start(
        pull({
          // One normal of a pair a step: the other one waits in the generator.
          targets: ({ random }) => ({ noise: tf.scalar(random.normal()) }),
          loss: ({ params }, { noise }) => ({
            noisy: tf.mul(tf.sum(tf.square(params[BIAS]!)), noise!),
          }),
        }),
        { momentum: 0.9 },
      );
    expect(await learn([1, 4], 6, open)).toEqual(await learn([], 6, open));
  });

  test.each(['sgd', 'adam'] as const)('does so with all that is carried: %s', async (optimiser) => {
    const open = () =>
      start(
        pull({
          memory: () => ({ sum: tf.zeros([3]) }),
          remember: ({ memory, params }) => ({ sum: tf.add(memory['sum']!, params[BIAS]!) }),
          loss: ({ params, memory }) => ({
            drawn: tf.sum(tf.square(tf.sub(params[BIAS]!, memory['sum']!))),
          }),
        }),
        { momentum: 0.9, optimiser, labelled: { data: DATA, batch: 3 } },
      );
    expect(await learn([1, 4], 6, open)).toEqual(await learn([], 6, open));
  });

  test('would not without the velocity', async () => {
    const session = await strong();
    await run(session, 3, 0.1);
    const kept = await session.snapshot();
    session.dispose();
    const other = await strong();
    other.resume({ ...kept, moments: [new Float32Array(MODEL.layout.size)] });
    await run(other, 5, 0.1);
    expect(digest(await other.weights())).not.toBe((await learn([], 8)).weights);
    other.dispose();
  });

  test('shows what was learnt before, and how many steps that took', async () => {
    const session = await strong();
    await run(session, 3, 0.1);
    const { steps, student, average } = await session.snapshot();
    expect(steps).toBe(3);
    expect(digest(student)).toBe(digest(await session.weights()));
    expect(digest(average)).toBe(digest(await session.averaged()));
    session.dispose();
  });

  test('refuses a snapshot of another model, and is as it was', async () => {
    const session = await strong();
    const kept = await session.snapshot();
    const short = { ...kept, average: kept.average.subarray(1) };
    expect(() => session.resume(short)).toThrow('snapshot');
    expect(digest(await session.weights())).toBe(digest(WEIGHTS));
    session.dispose();
  });

  test('leaves nothing behind', async () => {
    const before = tf.memory().numTensors;
    await learn([2, 4], 6);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("a session passes on its objective's report, of the state that it began with", async () => {
  const session = await start(
    pull({ begin: async () => 0.25, report: (state) => ({ coverage: state as number }) }),
  );
  expect(session.report()).toEqual({ coverage: 0.25 });
  session.dispose();
});

describe('an objective that fails leaves nothing behind', () => {
  const broken = () => {
    throw new Error('broken');
  };

  test('when the round begins', async () => {
    const before = tf.memory().numTensors;
    await expect(start(pull({ begin: async () => broken() }))).rejects.toThrow('broken');
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(['targets', 'loss'] as const)('in its %s', async (part) => {
    const before = tf.memory().numTensors;
    const session = await start(pull({ targets: () => ({ one: tf.scalar(1) }), [part]: broken }));
    expect(() => session.step(0.1)).toThrow('broken');
    session.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
