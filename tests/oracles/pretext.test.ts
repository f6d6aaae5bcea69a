import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Random, range } from '../../shared/math/random.ts';
import { createModel } from '../../shared/nn/model.ts';
import { initialise } from '../../shared/nn/params.ts';
import type { LocalData, Objective } from '../../shared/objectives/contract.ts';
import { OBJECTIVES, type ObjectiveId } from '../../shared/objectives/index.ts';
import { coloured, SMALL, startSession, stripes, totalOf } from '../train/stripes.ts';

/** Means of the first and last tenth of the losses of a session with Adam. */
async function losses(id: ObjectiveId, data: LocalData, steps: number, channels = 1) {
  const objective = OBJECTIVES[id] as Objective;
  const input = { ...SMALL, channels };
  const model = createModel({ net: 'strided', input, classes: 2, heads: objective.heads });
  const session = await startSession({
    ...{ objective, model, data, config: v.parse(objective.config, {}), batch: 16, clip: 10 },
    weights: initialise(model.layout, new Random(2)),
    optimiser: 'adam',
  });
  const seen: number[] = [];
  for (const _ of range(steps)) seen.push(await totalOf(session.step(2e-3)));
  const usable = session.usable;
  session.dispose();
  const mean = (some: number[]) => some.reduce((a, b) => a + b) / some.length;
  const tenth = steps / 10;
  return { first: mean(seen.slice(0, tenth)), last: mean(seen.slice(-tenth)), usable };
}

const unnamed = ({ images, count }: LocalData): LocalData => ({ images, count });

/** A bar that moves two pixels down at every frame, and stays within the picture by beginning again at the top. */
function movingBar(count: number): LocalData {
  const { size } = SMALL;
  const images = new Float32Array(count * size * size);
  for (const frame of range(count))
    for (const thick of range(2)) {
      const top = (2 * frame + thick) % size;
      images.fill(1, (frame * size + top) * size + 3, (frame * size + top) * size + 13);
    }
  return { images, count };
}

test('the next frame of a moving stroke is foretold better than by a copy of the last', async () => {
  const { first, last, usable } = await losses('next-frame', movingBar(64), 60);
  // 1 is the copy; three frames have to come first.
  expect(first).toBeGreaterThan(1);
  expect(last).toBeLessThan(0.5);
  expect(usable).toBe(61);
});

test('no frame is foretold across a cut', () => {
  const { images } = stripes(1, 3);
  const still = (value: number) => images.map((x) => value * x);
  // Two scenes of five frames each that hardly change within.
  const frames = range(10).map((n) => still((n < 5 ? 1 : 0.2) + 0.001 * n));
  const data = { images: Float32Array.from(frames.flatMap((f) => [...f])), count: 10 };
  const { begin, rows } = OBJECTIVES['next-frame'] as Objective;
  const model = createModel({ net: 'strided', input: SMALL, classes: 2, heads: ['frame'] });
  const state = begin({ data, model, config: { cut: 8 } } as never);
  return expect(state.then((made) => rows(made, data))).resolves.toEqual([3, 4, 8, 9]);
});

test('the autoencoder’s loss falls to a fifth', async () => {
  const { first, last } = await losses('autoencoder', unnamed(stripes(48, 5)), 150);
  expect(last).toBeLessThan(first / 5);
});

test('the four turns of images that are lit from above are told apart', async () => {
  const { images, count } = stripes(48, 5);
  const { size } = SMALL;
  const lit = images.map((value, i) => value * (1 - (Math.floor(i / size) % size) / size));
  const { last } = await losses('rotation', { images: lit, count }, 40);
  expect(last).toBeLessThan(0.5 * Math.log(4));
});

describe('colorization', () => {
  test('learns which colour goes with which shape', async () => {
    const { first, last } = await losses('colorization', unnamed(coloured(stripes(48, 5))), 60, 3);
    expect(last).toBeLessThan(0.7 * first);
  });

  test('is refused for a project of grey images, when its plan is read', () => {
    const plan = (channels: 1 | 3) =>
      v.parse(PlanSchema, { objective: { id: 'colorization' }, input: { size: 28, channels } });
    expect(() => recipeOf(plan(1), 5)).toThrow(
      expect.objectContaining({ code: 303, message: expect.stringContaining('grey') }),
    );
    expect(recipeOf(plan(3), 5).model.spec.heads).toContain('color');
  });
});
