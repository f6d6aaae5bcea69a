/** Views that another thread makes ahead: the same numbers, and never more of them than a few batches. */
import * as v from 'valibot';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openViews } from '../../client/cli/thread/open-views.ts';
import { Pace } from '../../client/train/pace.ts';
import { trainRound, type RoundJob } from '../../client/train/round.ts';
import { ViewThread } from '../../client/train/view-thread.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import type { Snapshot } from '../../shared/train/session.ts';
import { viewsOf, type ViewMaker } from '../../shared/train/view-order.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, digest, SMALL, stripes, unlabelled } from './stripes.ts';

function jobOf(objective: PlanInput['objective'], wish: Partial<RoundJob> = {}): RoundJob {
  const local = { steps: 8, batch: 6, rate: 0.1 };
  const input = { size: SMALL.size, channels: 1 as const };
  const recipe = recipeOf(v.parse(PlanSchema, { input, objective, local }), CLASSES);
  const weights = initialise(recipe.model.layout, new Random(1));
  return {
    ...{ tf, recipe, weights, data: unlabelled(stripes(18, 1)), rate: 1, seed: 5 },
    ...{ pace: new Pace(new AbortController().signal), onStep: () => undefined, ...wish },
  };
}

async function learn(job: RoundJob): Promise<string> {
  const result = await trainRound(job);
  return result.kind === 'learnt' ? digest(result.weights) : expect.fail(result.reason);
}

function thread(): ViewThread {
  const views = new ViewThread(openViews);
  onTestFinished(() => views.close());
  return views;
}

describe('a round whose views another thread makes', () => {
  test.each([
    { id: 'simclr' },
    { id: 'fixmatch', settings: { threshold: 0, labels: 'step' } },
  ] satisfies PlanInput['objective'][])(
    'learns the same weights, to the bit: $id',
    async (objective) => {
      const alone = await learn(jobOf(objective));
      expect(await learn(jobOf(objective, { viewMaker: thread().make }))).toBe(alone);
    },
  );

  test('may go on in a round whose views are made in line, and the other way', async () => {
    const kept: Snapshot[] = [];
    const pace = new Pace(new AbortController().signal);
    const whole = await learn(
      jobOf(
        { id: 'simclr' },
        {
          ...{ pace, viewMaker: thread().make },
          onStep: ({ step }) => void (step === 3 && pace.pause()),
          onSnapshot(snapshot) {
            kept.push(snapshot);
            pace.resume();
          },
        },
      ),
    );
    expect(kept.map(({ steps }) => steps)).toEqual([4]);
    expect(await learn(jobOf({ id: 'simclr' }, { from: kept[0] }))).toBe(whole);
    const ahead = { from: kept[0], viewMaker: thread().make };
    expect(await learn(jobOf({ id: 'simclr' }, ahead))).toBe(whole);
  });

  test('has three batches at most under way, and is ahead of the step that it takes', async () => {
    let [ordered, underWay, most] = [0, 0, 0];
    const viewMaker: ViewMaker = async (order) => {
      most = Math.max(most, ++underWay);
      ordered++;
      return viewsOf(order);
    };
    const ahead: number[] = [];
    const onStep = ({ step }: { step: number }) => {
      underWay--;
      ahead.push(ordered - step);
    };
    await learn(jobOf({ id: 'simclr' }, { viewMaker, onStep }));
    expect(most).toBe(3);
    expect(ahead).toEqual(Array.from({ length: 8 }, () => 2));
  });

  test('fails with the thread that breaks, and goes on with the next', async () => {
    let opened = 0;
    const views = new ViewThread((on) => {
      const opens = openViews(on);
      if (++opened > 1) return opens;
      // As a thread of Node's or a browser's: what it throws comes back as an error.
      return { ...opens, post: () => opens.post(undefined as never, []) };
    });
    onTestFinished(() => views.close());
    const held = tf.memory().numTensors;
    await expect(learn(jobOf({ id: 'simclr' }, { viewMaker: views.make }))).rejects.toThrow(
      'undefined',
    );
    expect(tf.memory().numTensors).toBe(held);
    expect(await learn(jobOf({ id: 'simclr' }, { viewMaker: views.make }))).toBe(
      await learn(jobOf({ id: 'simclr' })),
    );
    expect(opened).toBe(2);
  });
});

test('views are made of the ordered images alone: the order takes them along', async () => {
  const images = stripes(2, 1).images;
  const order = { images, input: SMALL, views: { one: 'strong' } as const, seed: 1, step: 2 };
  const expected = viewsOf({ ...order, images: images.slice() });
  expect(await thread().make(order)).toEqual(expected);
  expect(images.length).toBe(0);
});
