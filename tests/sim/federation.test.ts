import { parse } from 'valibot';
import { expect, test } from 'vitest';
import type { Sent } from '../../client/sim/crowd.ts';
import { simulate } from '../../client/sim/federation.ts';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { freshWeights } from '../../shared/train/server.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, digest, SMALL, stripes, unlabelled } from '../train/stripes.ts';

const SEED = stripes(10, 1);
const RECIPE = recipeOf(
  parse(PlanSchema, {
    input: { size: SMALL.size, channels: SMALL.channels },
    local: { steps: 2, batch: 4 },
    server: { warmupSteps: 2, steps: 2, batch: 4 },
    objective: { id: 'fixmatch', settings: { target: 'soft', threshold: 0, guesses: 1 } },
  }),
  CLASSES,
);

async function run(volunteers: ReturnType<typeof unlabelled>[]): Promise<string[]> {
  const seen: string[] = [];
  const onRound = async (_: number, weights: Float32Array) => void seen.push(digest(weights));
  await simulate({ tf, recipe: RECIPE, seed: SEED, volunteers, rounds: 2, onRound });
  return seen;
}

test('the same federation comes to the same weights, round by round', async () => {
  const crowd = [unlabelled(stripes(8, 2)), unlabelled(stripes(8, 3))];
  expect(await run(crowd)).toEqual(await run(crowd));
});

test('volunteers change every round but the first, which is the server alone', async () => {
  const [first, ...rounds] = await run([unlabelled(stripes(8, 2))]);
  const [alone, ...others] = await run([]);
  expect(first).toBe(alone);
  expect(rounds).toHaveLength(2);
  for (const [i, round] of rounds.entries()) expect(round).not.toBe(others[i]);
});

test('of many volunteers some are asked, others each round, and what they sent is told', async () => {
  const crowd = Array.from({ length: 6 }, (_, i) => unlabelled(stripes(8, i + 2)));
  const sent: Sent[] = [];
  const done: [number, number][] = [];
  const ask = (asked?: number) =>
    simulate({
      ...{ tf, recipe: RECIPE, seed: SEED, volunteers: crowd, rounds: 2, asked },
      onRound: async (_, __, of) => void sent.push(of),
      onVolunteer: (...one) => void done.push(one),
    });
  const two = await ask(2);
  expect(sent.map(({ deltas }) => deltas)).toEqual([0, 2, 2]);
  expect(sent[1]).toMatchObject({ images: 16 });
  expect(sent[1]!.bytes).toBeGreaterThan(2 * RECIPE.model.layout.size);
  expect(done).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ]);
  expect(digest(await ask(2))).toBe(digest(two));
  // More than there are is everybody.
  expect(digest(await ask(60))).toBe(digest(await ask()));
  expect(digest(await ask(60))).not.toBe(digest(two));
});

test('what is frozen keeps its numbers through every round, and nothing of it is sent', async () => {
  const plan = { ...RECIPE.plan, frozen: ['backbone/conv1', 'backbone/norm1'], codec: 'float32' };
  const recipe = recipeOf(parse(PlanSchema, plan), CLASSES);
  const fresh = freshWeights(recipe);
  const sent: Sent[] = [];
  const weights = await simulate({
    ...{ tf, recipe, seed: SEED, volunteers: [unlabelled(stripes(8, 2))], rounds: 2 },
    onRound: async (_, __, of) => void sent.push(of),
  });
  const { layout, sent: part } = recipe.model;
  for (const { name, offset, size } of layout.entries) {
    const [now, then] = [weights, fresh].map((flat) => digest(flat.slice(offset, offset + size)));
    if (/^backbone\/\w+1\//.test(name)) expect(now, name).toBe(then);
    else if (name.endsWith('/w')) expect(now, name).not.toBe(then);
  }
  // Four bytes a number and a header.
  expect(sent[2]!.bytes - 4 * part.layout.size).toBeLessThan(100);
  expect(part.layout.size).toBeLessThan(layout.size);
});
