import { parse } from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Settings } from '../../shared/aggregation/contract.ts';
import type { Rounds } from '../../shared/aggregation/fit.ts';
import {
  AFTER_IDS,
  BEFORE_IDS,
  COMBINE_IDS,
  type AfterId,
  type CombineId,
} from '../../shared/aggregation/ids.ts';
import { AFTER, BEFORE, COMBINE } from '../../shared/aggregation/index.ts';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { Problem, type ProblemCode } from '../../shared/api/problem.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import type { Layout } from '../../shared/weights/layout.ts';
import { delta } from './uploads.ts';

function expectProblem(code: ProblemCode, act: () => unknown, words = ''): void {
  expect(act).toThrow(Problem);
  expect(act).toThrow(expect.objectContaining({ code }));
  expect(act).toThrow(words);
}

const PLAIN = { before: BEFORE_IDS, combine: 'weighted-mean', after: 'fedavgm' } as const;

describe('settings that are refused', () => {
  type Case = [name: string, setting: Settings[string], combine: CombineId, after: AfterId];
  const of = (settings: Settings, combine: CombineId, after: AfterId): Case[] =>
    Object.entries(settings).map(([name, setting]) => [name, setting, combine, after]);
  const known: Case[] = [
    ...Object.values(BEFORE).flatMap((rule) => of(rule.settings, 'weighted-mean', 'fedavg')),
    ...COMBINE_IDS.flatMap((id) => of(COMBINE[id].settings, id, 'fedavg')),
    ...AFTER_IDS.flatMap((id) => of(AFTER[id].settings, 'weighted-mean', id)),
  ];

  test.each(known)('303 for %s out of its range', (name, { min, max, whole }, combine, after) => {
    const withValue = (value: number) =>
      createPipeline({ before: BEFORE_IDS, combine, after, settings: { [name]: value } });
    for (const bad of [min * (1 - 1e-6) - 1e-12, max * 1.001, NaN, Infinity, -Infinity])
      expectProblem(303, () => withValue(bad), name);
    for (const good of [min, max]) expect(withValue(good).values[name]).toBe(good);
    if (whole) expectProblem(303, () => withValue(min + 0.5), 'whole number');
  });

  test('303 for a setting that none of its rules has', () => {
    for (const name of ['', 'clipnorm', 'toString', '__proto__', 'buckets'])
      expectProblem(303, () =>
        createPipeline({ ...PLAIN, settings: JSON.parse(`{"${name}": 1}`) }),
      );
    // Known, but to a rule that this plan leaves out.
    expectProblem(303, () => createPipeline({ ...PLAIN, before: [], settings: { clipNorm: 1 } }));
  });

  test('303 for an unknown or a doubled rule', () => {
    for (const id of ['fedsgd', 'toString'])
      expectProblem(303, () => createPipeline({ ...PLAIN, after: id as 'fedavg', settings: {} }));
    const twice = ['clip-norm', 'staleness', 'clip-norm'] as const;
    expectProblem(303, () => createPipeline({ ...PLAIN, before: twice, settings: {} }), 'twice');
  });
});

describe('rounds that a rule is refused for', () => {
  const ROUNDS: Rounds = { goal: 8, shards: 1, mode: 'sync', maxStaleness: 5 };
  type Chosen = Partial<{ settings: Record<string, number>; before: typeof BEFORE_IDS | [] }>;
  const make = (combine: CombineId, rounds: Partial<Rounds>, chosen: Chosen = {}) =>
    createPipeline(
      { before: BEFORE_IDS, combine, after: 'fedavg', settings: {}, ...chosen },
      { ...ROUNDS, ...rounds },
    );
  const refuse = (words: string, ...of: Parameters<typeof make>) =>
    expectProblem(303, () => make(...of), words);

  test.each(COMBINE_IDS)('%s fits rounds of eight, and of a thousand in six shards', (id) => {
    for (const rounds of [{}, { goal: 1000, shards: 6 }])
      expect(make(id, rounds).values).toEqual(
        createPipeline({ before: BEFORE_IDS, combine: id, after: 'fedavg', settings: {} }).values,
      );
  });

  test('robust rules take three parts: of deltas, and of buckets', () => {
    for (const id of ['trimmed-mean', 'coordinate-median', 'geometric-median'] as const) {
      refuse('goal 2 in 1 x 8 buckets makes 2 parts; of fewer than 3', id, { goal: 2 });
      refuse('raise round.goal or buckets', id, {}, { settings: { buckets: 2 } });
      make(id, { goal: 3 });
      make(id, { shards: 3 }, { settings: { buckets: 1 } });
    }
    for (const id of ['weighted-mean', 'l-dawa'] as const) make(id, { goal: 1 });
  });

  test.each(['krum', 'multi-krum'] as const)('%s takes 2 f + 3 parts', (id) => {
    const settings = { krumByzantine: 2 };
    refuse('to stand krumByzantine 2 it takes 7', id, { goal: 6 }, { settings });
    make(id, { goal: 7 }, { settings });
    refuse('it takes 5', id, { goal: 4 });
    refuse('it takes 5', id, { goal: 100 }, { settings: { buckets: 4 } });
    make(id, { goal: 4 }, { settings: { krumByzantine: 0 } });
  });

  test('trimming leaves something', () => {
    const settings = { trimShare: 0.45 };
    refuse('cuts 2 of them at each end', 'trimmed-mean', { goal: 4 }, { settings });
    make('trimmed-mean', { goal: 4 }, { settings: { trimShare: 0.25 } });
  });

  test('the root compares 128 parts', () => {
    const settings = { buckets: 8 };
    make('krum', { goal: 10_000, shards: 16 }, { settings });
    refuse('at most 128: lower buckets', 'krum', { goal: 10_000, shards: 17 }, { settings });
    make('krum', { goal: 10_000, shards: 17 }, { settings: { buckets: 7 } });
    make('weighted-mean', { goal: 10_000, shards: 256 });
  });

  test('a round is read in the 10,000 calls that an invocation may make', () => {
    const rounds = { goal: 10_000, shards: 128 };
    const read = (combine: CombineId, size: number) => () =>
      make(combine, rounds, {
        settings: combine === 'weighted-mean' ? {} : { buckets: 1 },
      }).assertReadable({
        size,
        entries: [{ name: 'all', shape: [size], offset: 0, size }],
      } as unknown as Layout);
    // Of 128 parts a slice has 2^20 / 128 numbers; 78 x 128 slices are 9,984 calls.
    const most = 78 * 8192;
    read('coordinate-median', most)();
    const words = `${most + 1} parameters of 128 shards take 10112 reads`;
    expectProblem(303, read('coordinate-median', most + 1), words);
    // Read twice: for the inner products, and for the sum that they weigh.
    read('krum', most / 2)();
    expectProblem(303, read('krum', most / 2 + 1), 'lower round.shards or buckets');
    read('weighted-mean', 10 * most)();
  });

  test('asynchronous rounds say what stale deltas are worth', () => {
    const mode = 'async' as const;
    for (const id of COMBINE_IDS)
      refuse('name "staleness" in before', id, { mode }, { before: [] });
    for (const rounds of [{ mode, maxStaleness: 0 }, { mode: 'sync' as const }])
      make('weighted-mean', rounds, { before: [] });
    make('weighted-mean', { mode }, { settings: { stalenessPower: 0 } });
  });

  test('l-dawa measures by the base, and is refused in asynchronous rounds', () => {
    refuse('set round.mode to "sync"', 'l-dawa', { mode: 'async' });
    for (const id of COMBINE_IDS.filter((other) => other !== 'l-dawa')) make(id, { mode: 'async' });
  });

  test('a plan is refused as its pipeline is, with the shards that it comes to', () => {
    const recipe = (plan: object) => () => recipeOf(parse(PlanSchema, plan), 4);
    const aggregation = { combine: 'krum' };
    expectProblem(303, recipe({ aggregation }), 'goal 4 in 1 x 8 buckets makes 4 parts');
    expectProblem(303, recipe({ aggregation, round: { goal: 10_000 } }), 'at most 128');
    recipe({ aggregation, round: { goal: 5 } })();
    expectProblem(
      303,
      recipe({ aggregation: { before: ['clip-norm'] }, round: { mode: 'async' } }),
      'staleness',
    );
    recipe({ round: { mode: 'async' } })();
    expect(recipe({})().pipeline.values).toHaveProperty('stalenessPower', 0.5);
  });
});

describe('deltas that are refused', () => {
  test('101 for a weight that counts nothing or too much; nothing is counted', () => {
    const tally = createPipeline({ ...PLAIN, settings: {} }).begin(2);
    for (const weight of [0, -1, NaN, Infinity, -Infinity, 1e10])
      expectProblem(101, () => tally.add(delta([1, 1]), weight));
    for (const staleness of [-1, 0.5, NaN, Infinity])
      expect(() => tally.add(delta([1, 1]), 1, { staleness })).toThrow('staleness');
    expect([tally.count, tally.weight, tally.parts]).toEqual([0, 0, []]);
  });

  test('404 for a delta that is not finite; nothing is counted', () => {
    const tally = createPipeline({ ...PLAIN, settings: {} }).begin(2);
    const bytes = encode('int8', Float32Array.of(1, 1), new Random(1));
    const opened = open(bytes, { count: 2 });
    // The first four bytes of the payload are the scale: now Infinity.
    new DataView(bytes.buffer).setFloat32(20, Infinity, true);
    expectProblem(404, () => tally.add(opened, 1));
    expect(tally.count).toBe(0);
    expect(() => tally.add(delta([1, 2, 3]), 1)).toThrow('a model of 2');
  });

  test('404 for a step, or a state, that overflows', () => {
    const pipeline = createPipeline({ ...PLAIN, settings: { serverRate: 10 } });
    expectProblem(404, () => pipeline.step(Float32Array.of(3e38)));
    expectProblem(404, () => pipeline.step(Float32Array.of(NaN)));
    const adam = createPipeline({ ...PLAIN, after: 'fedadam', settings: {} });
    expectProblem(404, () => adam.step(Float32Array.of(1e30)));
  });
});
