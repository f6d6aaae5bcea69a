import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise, unflatten, dispose } from '../../shared/nn/params.ts';
import { accuracyOf } from '../../shared/train/evaluate.ts';
import { freshWeights, serverPace, serverSession } from '../../shared/train/server.ts';
import { makeView } from '../../shared/train/loader.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, digest, run, SMALL, smallModel, stripes, unlabelled } from './stripes.ts';

const PLAN: PlanInput = {
  input: { size: SMALL.size, channels: 1 },
  server: { warmupSteps: 30, steps: 7, rate: 0.1, batch: 12 },
  rounds: 4,
};
const recipe = (more: PlanInput = {}) =>
  recipeOf(v.parse(PlanSchema, { ...PLAN, ...more }), CLASSES);

describe("the server's step", () => {
  test('before the first round is the long one, at the full rate', () => {
    expect(serverPace(recipe().plan, 0)).toEqual({ steps: 30, rate: 0.1 });
  });

  test('after a round is short, and its rate falls with the rounds', () => {
    const { plan } = recipe();
    expect(serverPace(plan, 1)).toEqual({ steps: 7, rate: 0.1 });
    const rates = [1, 2, 3, 4, 5].map((round) => serverPace(plan, round).rate);
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
    expect(rates[4]).toBeCloseTo(0.01, 12);
  });

  test('torn down and begun again comes to the same weights; another round draws other images', async () => {
    const data = stripes(24, 1);
    const learn = async (round: number) => {
      const session = await serverSession(tf, recipe(), {
        weights: freshWeights(recipe()),
        data,
        round,
      });
      await run(session, 4, 0.1);
      const learnt = digest(await session.averaged());
      session.dispose();
      return learnt;
    };
    const first = await learn(1);
    expect(await learn(1)).toBe(first);
    expect(await learn(2)).not.toBe(first);
  });

  test('teaches the toy set from fresh weights', async () => {
    const weights = freshWeights(recipe());
    const session = await serverSession(tf, recipe(), { weights, data: stripes(24, 1), round: 0 });
    await run(session, 30, 0.1);
    const learnt = await session.weights();
    session.dispose();
    const unseen = stripes(90, 2);
    expect(await accuracyOf(tf, recipe().model, weights, unseen)).toBeCloseTo(1 / CLASSES, 6);
    expect(await accuracyOf(tf, recipe().model, learnt, unseen)).toBeGreaterThan(0.8);
  });
});

describe('fresh weights', () => {
  test("follow from the plan's seed", () => {
    expect(digest(freshWeights(recipe()))).toBe(digest(freshWeights(recipe())));
    expect(digest(freshWeights(recipe({ seed: 2 })))).not.toBe(digest(freshWeights(recipe())));
  });
});

describe('accuracy', () => {
  const model = smallModel('cls');
  const random = new Random(3);
  const weights = initialise(model.layout, random).map((value) => value + 0.05 * random.normal());

  /** One image at a time. */
  async function slowly(count: number): Promise<number> {
    const data = stripes(count, 4);
    const params = unflatten(tf, model.layout, weights);
    let right = 0;
    for (let row = 0; row < count; row++) {
      const logits = tf.tidy(() =>
        model.logits(tf, params, makeView(tf, data, SMALL, 'plain', [row], new Random(1))),
      );
      const numbers = [...(await logits.data())];
      logits.dispose();
      if (numbers.indexOf(Math.max(...numbers)) === data.labels[row]) right++;
    }
    dispose(params);
    return right / count;
  }

  test.each([1, 63, 64, 65, 130])(
    'of %d images is what counting one by one gives',
    async (count) => {
      const before = tf.memory().numTensors;
      expect(await accuracyOf(tf, model, weights, stripes(count, 4))).toBe(await slowly(count));
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test.each([
    ['no labels', unlabelled(stripes(3, 1))],
    ['no images', { images: new Float32Array(0), count: 0, labels: new Int32Array(0) }],
  ])('of %s there is none', async (_, data) => {
    await expect(accuracyOf(tf, model, weights, data)).rejects.toThrow('no labelled images');
  });
});
