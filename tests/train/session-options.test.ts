/** What an objective may ask of a session beside the usual, and what a plan may. */
import { describe, expect, test } from 'vitest';
import { range } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import type { Objective } from '../../shared/objectives/contract.ts';
import { tf } from '../kit/backends.ts';
import { BIAS, DATA, MODEL, others, partOf, pull, start, WEIGHTS } from './pull.ts';
import { run, SMALL, unlabelled } from './stripes.ts';

describe('what an objective may ask for beside the usual', () => {
  test('its own batches: an episode, an equal share of every cluster', async () => {
    const drawn: (readonly number[])[] = [];
    const draw: Objective['draw'] = ({ rows, batch, random }) =>
      range(batch).map(() => rows[random.int(rows.length)]!);
    const session = await start(
      pull({ rows: () => [2, 5], draw, targets: ({ batch }) => (drawn.push(batch.rows), {}) }),
    );
    await run(session, 4, 0);
    session.dispose();
    expect(drawn.map((rows) => rows.length)).toEqual([4, 4, 4, 4]);
    expect(new Set(drawn.flat())).toEqual(new Set([2, 5]));
  });

  test('a memory that each step replaces, and the weights that the round began with', async () => {
    const seen: number[][] = [];
    const before = tf.memory().numTensors;
    const session = await start(
      pull({
        memory: ({ params }) => ({ bias: tf.mul(params[BIAS]!, 2), count: tf.scalar(0) }),
        // The student is the moved one here; `received` is not.
        remember: ({ memory, params, received }) => ({
          bias: tf.sub(params[BIAS]!, received[BIAS]!),
          count: tf.add(memory['count']!, 1),
        }),
        targets({ memory }) {
          seen.push([...memory['bias']!.dataSync(), ...memory['count']!.dataSync()]);
          return {};
        },
      }),
    );
    await run(session, 3, 0.25);
    session.dispose();
    expect(tf.memory().numTensors).toBe(before);
    // The gradient of b^2 is 2 b, so a step of a quarter halves it: 0.1, 0.05, 0.025.
    [
      [0.2, 0.2, 0.2, 0],
      [-0.05, -0.05, -0.05, 1],
      [-0.075, -0.075, -0.075, 2],
    ].forEach((row, step) => row.forEach((x, i) => expect(seen[step]![i]).toBeCloseTo(x, 6)));
  });

  test('that some parameters keep their numbers, though the loss reads them', async () => {
    const model = createModel({ ...MODEL.spec, frozen: ['head/cls/b'] });
    const loss: Objective['loss'] = ({ params }) => ({
      both: tf.add(tf.sum(params[BIAS]!), tf.sum(params['head/cls/w']!)),
    });
    const session = await start(pull({ loss }), { model });
    await run(session, 2, 0.1);
    const weights = await session.weights();
    session.dispose();
    expect(partOf(weights, BIAS)).toEqual(partOf(WEIGHTS, BIAS));
    expect(partOf(weights, 'head/cls/w')).not.toEqual(partOf(WEIGHTS, 'head/cls/w'));
  });
});

describe('labelled images beside the crowd', () => {
  const central = (wish: Partial<Objective>) =>
    start(pull(wish), { labelled: { data: DATA, batch: 6 } });

  test('add their cross-entropy to what is learnt', async () => {
    const session = await central({});
    const terms = session.step(0.1);
    expect(Object.keys(terms)).toEqual(['pull', 'labelled']);
    Object.values(terms).forEach((term) => term.dispose());
    expect(others(await session.weights())).not.toBe(others(WEIGHTS));
    session.dispose();
  });

  test('are left to an objective that mixes them itself', async () => {
    const classes = new Set<number>();
    const session = await central({
      mixesLabelled: true,
      targets({ labelled }) {
        expect(labelled!.images.shape).toEqual([6, SMALL.size, SMALL.size, 1]);
        expect(labelled!.labels.shape).toEqual([6, MODEL.spec.classes]);
        expect([...labelled!.labels.sum(1).dataSync()]).toEqual(range(6).map(() => 1));
        for (const label of labelled!.labels.argMax(1).dataSync()) classes.add(label);
        return {};
      },
    });
    const terms = session.step(0.1);
    expect(Object.keys(terms)).toEqual(['pull']);
    Object.values(terms).forEach((term) => term.dispose());
    session.dispose();
    expect(classes.size).toBeGreaterThan(1);
  });

  test('must be labelled', async () => {
    const labelled = { data: unlabelled(DATA), batch: 6 };
    const before = tf.memory().numTensors;
    await expect(start(pull(), { labelled })).rejects.toThrow('no labels');
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('FedProx pulls back to the received weights: a step of it, by hand', async () => {
  const still: Objective['loss'] = ({ params }) => ({ push: tf.sum(params[BIAS]!) });
  const session = await start(pull({ loss: still }), { proximal: 2 });
  await run(session, 2, 0.1);
  // Step 1: the gradient is 1, the distance 0. Step 2: 1 + 2 * (-0.1).
  partOf(await session.weights(), BIAS).forEach((value) =>
    expect(value).toBeCloseTo(0.1 - 0.1 - 0.1 * 0.8, 6),
  );
  session.dispose();
});
