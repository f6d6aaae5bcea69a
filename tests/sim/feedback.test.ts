import { parse } from 'valibot';
import { beforeEach, expect, test, vi } from 'vitest';
import { simulate } from '../../client/sim/federation.ts';
import * as delta from '../../client/train/delta.ts';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, SMALL, stripes, unlabelled } from '../train/stripes.ts';

vi.mock('../../client/train/delta.ts', { spy: true });
const encodeDelta = vi.mocked(delta.encodeDelta);
beforeEach(() => void encodeDelta.mockClear());

async function run(codec: 'onebit' | 'int8') {
  const plan = {
    ...{ input: { size: SMALL.size, channels: SMALL.channels }, codec },
    local: { steps: 2, batch: 4 },
    server: { warmupSteps: 2, steps: 2, batch: 4 },
    objective: { id: 'fixmatch', settings: { target: 'soft', threshold: 0, guesses: 1 } },
  } as const;
  await simulate({
    ...{ tf, recipe: recipeOf(parse(PlanSchema, plan), CLASSES), seed: stripes(10, 1) },
    ...{ volunteers: [unlabelled(stripes(8, 2)), unlabelled(stripes(8, 3))], rounds: 3 },
    onRound: async () => undefined,
  });
  return encodeDelta.mock.calls.map(([, , , , residual], i) => ({
    given: residual,
    left: (encodeDelta.mock.results[i]!.value as delta.Learnt).residual,
  }));
}

test('each volunteer is given what its own last message lost', async () => {
  const calls = await run('onebit');
  expect(calls).toHaveLength(6);
  const [first, second, ...rest] = calls;
  expect([first!.given, second!.given]).toEqual([null, null]);
  for (const [i, { given }] of rest.entries()) {
    expect(given).toBe(calls[i]!.left);
    expect(given!.some((lost) => lost !== 0)).toBe(true);
  }
});

test('where the codec needs no feedback there is none', async () => {
  for (const { given, left } of await run('int8')) expect([given, left]).toEqual([null, null]);
});
