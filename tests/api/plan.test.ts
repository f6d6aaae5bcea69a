import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { shardsOf } from '../../shared/rounds/shards.ts';
import { localSeed, PlanSchema, rateAt, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Net } from '../../shared/nn/net.ts';
import { NETS } from '../../shared/nn/index.ts';
import { OBJECTIVES } from '../../shared/objectives/index.ts';
import { SCHEMES } from '../../shared/weights/schemes/index.ts';

const plan = (input: PlanInput = {}) => v.parse(PlanSchema, input);

function refused(input: PlanInput, classes = 5): Problem {
  try {
    recipeOf(plan(input), classes);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return expect.fail('the plan was taken');
}

describe('a plan', () => {
  test('of nothing but defaults is complete and works', () => {
    const { model, objective, plan: complete } = recipeOf(plan(), 36);
    expect(complete).toMatchObject({
      net: 'strided',
      input: { size: 28, channels: 1 },
      codec: 'int8',
    });
    expect(model.spec).toMatchObject({
      net: 'strided',
      classes: 36,
      input: { size: 28, channels: 1 },
    });
    expect(objective).toBe(OBJECTIVES.fixmatch);
    expect(complete.round.minimum).toBeLessThanOrEqual(complete.round.goal);
  });

  test('is itself again when it is read a second time, as it is from a database', () => {
    const once = plan({ objective: { id: 'simclr' }, round: { goal: 9 } });
    expect(plan(JSON.parse(JSON.stringify(once)) as PlanInput)).toEqual(once);
  });

  const served = Object.entries<Net>(NETS).filter(([, net]) => !net.ofBatch);
  test.each(served.map(([id]) => id as keyof typeof NETS))(
    'may name the net %s, on any images',
    (net) => {
      for (const input of [
        { size: 16, channels: 1 },
        { size: 128, channels: 3 },
      ] as const)
        expect(recipeOf(plan({ net, input }), 2).model.spec.net).toBe(net);
    },
  );

  test.each(Object.keys(SCHEMES) as (keyof typeof SCHEMES)[])('may name the codec %s', (codec) => {
    expect(plan({ codec }).codec).toBe(codec);
  });

  test('gets the heads of its objective, and the classifier that every project has', () => {
    expect(recipeOf(plan({ objective: { id: 'simclr' } }), 5).model.spec.heads).toEqual([
      'cls',
      'proj',
    ]);
    expect(recipeOf(plan(), 5).model.spec.heads).toEqual(['cls']);
  });

  test("gets its objective's settings, with the defaults beside them", () => {
    const { settings } = recipeOf(
      plan({ objective: { id: 'simclr', settings: { temperature: 0.5 } } }),
      5,
    );
    expect(settings).toEqual({ temperature: 0.5 });
    expect(recipeOf(plan({ objective: { id: 'simclr' } }), 5).settings).toEqual({
      temperature: 0.3,
    });
  });

  test('sends what is trained, and no more', () => {
    const { model } = recipeOf(plan({ frozen: ['backbone/conv1', 'backbone/norm1'] }), 5);
    const first = model.layout.entries.filter(({ name }) => /^backbone\/\w+1\//.test(name));
    const frozen = first.reduce((sum, { size }) => sum + size, 0);
    expect(frozen).toBeGreaterThan(0);
    expect(model.sent.layout.size).toBe(model.layout.size - frozen);
    expect(model.trained).not.toContain('backbone/conv1/w');
    expect(model.trained).toContain('backbone/conv2/w');
  });

  test('may have the server learn by something else than plain labels', () => {
    const { server } = recipeOf(plan({ server: { objective: { settings: { smoothing: 0 } } } }), 5);
    expect(server).toEqual({ objective: OBJECTIVES.supervised, settings: { smoothing: 0 } });
    expect(recipeOf(plan(), 5).server.settings).toEqual({ smoothing: 0.1 });
  });

  test('of episodes needs labels or not, as it is set; the server may have them', () => {
    const labelled = { id: 'protonet' as const, settings: { episodes: 'labelled' } };
    expect(recipeOf(plan({ objective: { id: 'protonet' } }), 5).settings).toMatchObject({
      episodes: 'augmented',
    });
    expect(refused({ objective: labelled }).message).toMatch('needs labels');
    expect(recipeOf(plan({ server: { objective: labelled } }), 5).server.settings).toMatchObject({
      episodes: 'labelled',
    });
  });

  test('brings the parameters of both objectives, which must be of one shape', () => {
    const both = (ways: number) => ({
      objective: { id: 'maml' as const },
      server: { objective: { id: 'maml' as const, settings: { episodes: 'labelled', ways } } },
    });
    const names = recipeOf(plan(both(5)), 5).model.layout.entries.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('own/'))).toEqual(['own/maml/w', 'own/maml/b']);
    expect(refused(both(3)).message).toMatch('their settings differ');
  });

  test('refuses a net that normalises by the batch', () => {
    expect(refused({ net: 'conv4-64-bn' }).message).toMatch('single images');
  });

  test('says which frozen parameters there are not, and that all frozen is nothing to learn', () => {
    expect(refused({ frozen: ['spine/'] }).message).toMatch('no parameter begins with "spine/"');
    expect(refused({ frozen: ['backbone/', 'head/'] }).message).toMatch('left to train');
    expect(refused({ server: { objective: { settings: { smoothing: 2 } } } }).message).toMatch(
      'objective supervised',
    );
  });

  test.each([
    ['a net that is not there', { net: 'resnet' }],
    ['images too small for any net', { input: { size: 15, channels: 1 } }],
    ['images too large', { input: { size: 129, channels: 1 } }],
    ['two channels', { input: { size: 28, channels: 2 } }],
    ['an objective that is not there', { objective: { id: 'toString' } }],
    ['a codec that is not there', { codec: 'constructor' }],
    ['no steps', { local: { steps: 0 } }],
    ['half a step', { local: { steps: 1.5 } }],
    ['a momentum that never ends', { local: { momentum: 1 } }],
    ['a negative rate', { server: { rate: -0.1 } }],
    ['a rate that is no number', { server: { rate: Number.NaN } }],
    ['no goal', { round: { goal: 0 } }],
  ])('with %s is not read at all', (_, input) => {
    expect(v.safeParse(PlanSchema, input).success).toBe(false);
  });
});

describe('a plan whose parts do not fit is refused with 303 that names the part', () => {
  test.each([
    [
      'fewer volunteers than the least',
      { round: { goal: 2, minimum: 3 } },
      'minimum 3 is above the goal 2',
    ],
    [
      'an objective that needs labels',
      { objective: { id: 'supervised' } },
      'supervised needs labels',
    ],
    [
      'a setting out of its range',
      { objective: { id: 'simclr', settings: { temperature: 9 } } },
      'simclr',
    ],
    [
      'a setting of another kind',
      { objective: { id: 'fixmatch', settings: { threshold: 'high' } } },
      'fixmatch',
    ],
    [
      'a rule that is named twice',
      { aggregation: { before: ['clip-norm', 'clip-norm'] } },
      'named twice',
    ],
    [
      'a setting that no rule has',
      { aggregation: { settings: { serverMomentum: 0.9 } } },
      'serverMomentum',
    ],
    [
      "a rule's setting out of its range",
      { aggregation: { settings: { clipNorm: -1 } } },
      'clipNorm is -1',
    ],
    [
      'more volunteers than its shards can carry',
      { round: { goal: 10_000, shards: 6 } },
      'asks more than the 12000 volunteers that 6 shards carry',
    ],
  ] satisfies [string, PlanInput, string][])('%s', (_, input, detail) => {
    const problem = refused(input);
    expect(problem.code).toBe(303);
    expect(problem.message).toContain(detail);
  });

  test.each([0, 1])('%d classes', (classes) => {
    expect(refused({}, classes)).toMatchObject({
      code: 303,
      message: expect.stringContaining('tell apart'),
    });
  });
});

describe('a large project', () => {
  test.each([
    [100_000, {}, 512],
    [100_000, { overSelection: 4 }, 512],
    [100_000, { shards: 65 }, 65],
    [10_000, {}, 52],
  ])('of %d deltas a round is a plan: %j', (goal, round, shards) => {
    const { plan: complete } = recipeOf(plan({ round: { goal, minimum: goal, ...round } }), 2);
    expect(shardsOf(complete)).toBe(shards);
  });

  test('of more than the machines would do is none', () => {
    for (const round of [{ goal: 100_001 }, { shards: 513 }])
      expect(v.safeParse(PlanSchema, { round }).success).toBe(false);
  });
});

describe('the learning rate', () => {
  test.each([1, 2, 10, 500])(
    'falls from 1 to a tenth over %d rounds, and stays there',
    (rounds) => {
      const rates = Array.from({ length: rounds + 1 }, (_, i) => rateAt(i + 1, rounds));
      expect(rates[0]).toBe(1);
      expect(rates.at(-1)).toBeCloseTo(0.1, 12);
      rates.slice(1).forEach((rate, i) => expect(rate).toBeLessThan(rates[i]!));
      expect(rateAt(10 * rounds + 1, rounds)).toBeCloseTo(0.1, 12);
    },
  );

  test('half-way it is half-way', () => {
    expect(rateAt(6, 10)).toBeCloseTo(0.55, 12);
  });

  test('is whole before the first round', () => {
    expect(rateAt(0, 10)).toBe(1);
  });
});

test('no two volunteers of neighbouring rounds share a seed, and every seed is a whole number', () => {
  for (const seed of [0, 1, 2, 1000, 2 ** 31]) {
    const seeds = Array.from({ length: 5000 }, (_, i) =>
      localSeed(seed, 1 + Math.floor(i / 500), i % 500),
    );
    expect(new Set(seeds).size).toBe(5000);
    expect(seeds.every(Number.isSafeInteger)).toBe(true);
  }
});

test.each([
  ['in the plan', { nett: 'strided' }],
  ['in a part of it', { local: { step: 10 } }],
])('a setting that there is not is refused, not passed over: %s', (_, typo) => {
  expect(v.safeParse(PlanSchema, typo).success).toBe(false);
});

test('nor is a setting that the objective does not have', () => {
  const typo = plan({ objective: { id: 'fixmatch', settings: { treshold: 0.5 } } });
  expect(() => recipeOf(typo, 4)).toThrow(Problem);
});

describe('the views of an objective', () => {
  test("are the plan's where it names others, and its own otherwise", () => {
    const views = { strong: 'strong-flip' } as const;
    const { objective } = recipeOf(plan({ objective: { id: 'fixmatch', views } }), 4);
    expect(objective).toEqual({
      ...OBJECTIVES.fixmatch,
      views: { weak: 'weak', strong: 'strong-flip' },
    });
    expect(OBJECTIVES.fixmatch.views.strong).toBe('strong');
  });

  test('cannot be ones that it does not ask for, nor ones that there are not', () => {
    const problem = refused({ objective: { id: 'simclr', views: { strong: 'crop' } } });
    expect([problem.code, problem.message]).toEqual([
      303,
      'objective simclr has no view "strong"; it has first, second',
    ]);
    const typo = { objective: { id: 'simclr', views: { first: 'cropped' } } };
    expect(v.safeParse(PlanSchema, typo).success).toBe(false);
  });
});

test('a seed fits 32 bits, however large the plan has it', () => {
  const seed = localSeed(2 ** 31, 10_000, 9999);
  expect(seed).toBe(seed >>> 0);
});
