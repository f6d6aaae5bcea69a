/** What a contribution says that it will take, and what it takes. */
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { memoryNeed, mostMemory, refuseTooMuch } from '../../client/train/memory.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Problem } from '../../shared/api/problem.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, SMALL, startSession, stripes, unlabelled } from './stripes.ts';

const GB = 1e9;
const DATA = unlabelled(stripes(40, 1));

const recipe = (plan: PlanInput) =>
  recipeOf(v.parse(PlanSchema, { input: { size: SMALL.size, channels: 1 }, ...plan }), CLASSES);

describe('what a contribution needs', () => {
  test.each([
    ['strided', 'simclr', 32],
    ['conv4-32', 'simclr', 24],
    ['conv4-64', 'fixmatch', 12],
  ] as const)(
    'of %s by %s is more than a step of %i takes at its peak, by three times at most',
    async (net, id, batch) => {
      const settings = id === 'fixmatch' ? { threshold: 0, labels: 'step' } : {};
      const {
        model,
        objective,
        settings: config,
        plan,
        ...rest
      } = recipe({
        ...{ net, objective: { id, settings }, local: { batch } },
      });
      const held = tf.memory().numBytes;
      const { training } = memoryNeed(
        tf,
        { model, objective, settings: config, plan, ...rest },
        DATA,
        GB,
      );
      expect(tf.memory().numBytes).toBe(held);
      const weights = initialise(model.layout, new Random(1));
      const session = await startSession({ model, objective, config, weights, data: DATA, batch });
      const { peakBytes } = await tf.profile(() => {
        Object.values(session.step(0.1)).forEach((term) => term.dispose());
      });
      session.dispose();
      expect(training / (peakBytes - held)).toBeGreaterThan(1);
      expect(training / (peakBytes - held)).toBeLessThan(3);
    },
  );

  test('grows with the batch, and with the images by their bytes', () => {
    const need = (batch: number, count: number) => {
      const data = unlabelled(stripes(count, 1));
      return memoryNeed(tf, recipe({ objective: { id: 'simclr' }, local: { batch } }), data, GB);
    };
    const [small, large] = [need(16, 10), need(48, 30)];
    expect([small.images, large.images]).toEqual([10 * 1024, 30 * 1024]);
    expect((need(32, 10).training - small.training) * 2).toBe(large.training - small.training);
  });
});

describe('too much', () => {
  test('is refused with both sides of it, in numbers; what just fits is not', () => {
    const need = { images: 300e6, training: 200e6, most: 500e6 };
    expect(() => refuseTooMuch(need)).not.toThrow();
    const refuse = () => refuseTooMuch({ ...need, images: 301e6 });
    expect(refuse).toThrow(Problem);
    expect(refuse).toThrow(
      '301 MB of images and 200 MB for a step, where this device lends 500 MB',
    );
  });

  test('is more than a quarter of the memory that the browser tells of, or than 2 GB', () => {
    expect([0.5, 4, 8, 32, undefined].map((told) => mostMemory(told) / GB)).toEqual([
      0.125, 1, 2, 2, 2,
    ]);
  });
});
