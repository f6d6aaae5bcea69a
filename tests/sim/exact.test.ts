/** Where a simulated crowd has to be central training exactly, and what may not change it. */
import { parse } from 'valibot';
import { expect, test } from 'vitest';
import { simulate } from '../../client/sim/federation.ts';
import type { Sent } from '../../client/sim/crowd.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf, type Recipe } from '../../shared/api/recipe.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { freshWeights } from '../../shared/train/server.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, digest, SMALL, startSession, stripes, unlabelled } from '../train/stripes.ts';

const ALL = stripes(24, 3);
const PIXELS = SMALL.size ** 2;
const RATE = 0.1;
const PLAIN = { ...supervised, views: { image: 'plain' } } as const;
const SETTINGS = parse(supervised.config, { smoothing: 0 });

/** One step on all images, without chance, momentum or losses; the server's steps stand still. */
function exact(more: PlanInput = {}): Recipe {
  const local = {
    steps: 1,
    batch: ALL.count,
    rate: RATE,
    momentum: 0,
    clip: 1000,
    averageDecay: 0,
  };
  const plan: PlanInput = {
    ...{ input: { size: SMALL.size, channels: 1 }, codec: 'float32', local, rounds: 1 },
    server: { warmupSteps: 1, steps: 1, rate: 0 },
    aggregation: { before: [] },
    ...more,
  };
  const recipe = recipeOf(parse(PlanSchema, plan), CLASSES);
  // Volunteers with labels, which no project has: to be compared with what is known.
  return { ...recipe, objective: PLAIN, settings: SETTINGS };
}

function federated(recipe: Recipe, volunteers: LocalData[], rounds = 1): Promise<Float32Array> {
  return simulate({
    ...{ tf, recipe, seed: ALL, volunteers, rounds, onRound: async () => undefined },
  });
}

function part(from: number, to: number): LocalData {
  const images = ALL.images.slice(from * PIXELS, to * PIXELS);
  return { images, labels: ALL.labels.slice(from, to), count: to - from };
}

/** The same step by a session of its own, on everything in one place. */
async function central({ model }: Recipe, weights: Float32Array): Promise<Float32Array> {
  const session = await startSession({
    ...{ model, objective: PLAIN, config: SETTINGS, weights, data: ALL },
    ...{ batch: ALL.count, momentum: 0, clip: 1000 },
  });
  Object.values(session.step(RATE)).forEach((term) => term.dispose());
  const after = await session.weights();
  session.dispose();
  return after;
}

const apart = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test('one volunteer, all images, one step: a step of central SGD', async () => {
  const recipe = exact();
  const fresh = freshWeights(recipe);
  const expected = await central(recipe, fresh);
  expect(apart(await federated(recipe, [ALL]), expected)).toBeLessThan(1e-5);
  expect(apart(expected, fresh)).toBeGreaterThan(1e-3);
});

test('volunteers in another order come to the same, and so does central SGD', async () => {
  const recipe = exact();
  const volunteers = [part(0, 8), part(8, 16), part(16, 24)];
  const one = await federated(recipe, volunteers);
  expect(apart(await federated(recipe, volunteers.toReversed()), one)).toBeLessThan(1e-6);
  expect(apart(one, await central(recipe, freshWeights(recipe)))).toBeLessThan(1e-5);
});

test('asynchronous: late deltas shrink, and where none can be late it is the synchronous one', async () => {
  const volunteers = [part(0, 12), part(12, 24)];
  const rounds = (round: PlanInput['round']) =>
    federated(exact({ round, aggregation: { before: ['staleness'] } }), volunteers, 3);
  const prompt = await rounds({ mode: 'async', maxStaleness: 0 });
  expect(digest(prompt)).toBe(digest(await rounds({ mode: 'sync' })));
  expect(digest(await rounds({ mode: 'async', maxStaleness: 2 }))).not.toBe(digest(prompt));
});

test('FedEMA: a volunteer that keeps all of its own goes on where it was, whatever it receives', async () => {
  const local = { steps: 1, batch: 24, rate: RATE, momentum: 0, averageDecay: 0, personal: 1 };
  const volunteers = [part(0, 12), part(12, 24)];
  const alone = await Promise.all(
    volunteers.map((data) => federated(exact({ local, rounds: 2 }), [data], 2)),
  );
  const both = await federated(exact({ local, rounds: 2 }), volunteers, 2);
  const mean = both.map((_, i) => (alone[0]![i]! + alone[1]![i]!) / 2);
  expect(apart(both, mean)).toBeLessThan(1e-5);
  const shared = await federated(
    exact({ local: { ...local, personal: 0 }, rounds: 2 }),
    volunteers,
    2,
  );
  expect(apart(shared, mean)).toBeGreaterThan(1e-4);
});

test('labels are compared with the truth, which nobody else sees', async () => {
  const data = stripes(9, 2);
  const settings = { threshold: 0, guesses: 1, alignment: false };
  const plan = { ...exact().plan, objective: { id: 'fixmatch', settings } } as PlanInput;
  const recipe = recipeOf(parse(PlanSchema, plan), CLASSES);
  const seen: Int32Array[] = [];
  const spying = {
    ...fixmatch,
    labels: (state: unknown) => {
      const labels = fixmatch.labels!(state);
      if (labels) seen.push(labels);
      return labels;
    },
  };
  const told: Sent[] = [];
  await simulate({
    ...{ tf, recipe: { ...recipe, objective: spying }, seed: ALL, rounds: 1 },
    ...{ volunteers: [unlabelled(data)], truth: [data.labels] },
    onRound: async (_, __, sent) => void told.push(sent),
  });
  const right = data.labels.filter((label, i) => label === seen[0]![i]).length;
  expect(told[1]).toMatchObject({ held: 9, named: 9, right });
});
