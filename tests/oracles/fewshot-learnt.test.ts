/** Few-shot heads that learn all classes, or see all queries, at once. */
import { describe, expect, test } from 'vitest';
import { bankOf, scoresOf } from '../../shared/fewshot/bank.ts';
import type { FewShotHead } from '../../shared/fewshot/contract.ts';
import { cosineClassifier } from '../../shared/fewshot/heads/cosine-classifier.ts';
import { fineTune } from '../../shared/fewshot/heads/fine-tune.ts';
import { labelPropagation } from '../../shared/fewshot/heads/label-propagation.ts';
import { prototype } from '../../shared/fewshot/heads/prototype.ts';
import { supportsOf } from '../../shared/fewshot/supports.ts';
import { Random, range } from '../../shared/math/random.ts';
import { propagatedShares } from './label-propagation.ts';
import { logisticWeights } from './logistic.ts';
import type { Example } from './prototypes.ts';

const DIM = 6;
const SEEDS = [1, 2, 3];

/** Examples around a centre of each class, of unlike numbers; `queries` of each class. */
function world(seed: number, noise: number, queries = 3) {
  const random = new Random(seed);
  const unit = (row: number[]) => row.map((value) => Math.fround(value / Math.hypot(...row)));
  const ways = 2 + random.int(3);
  const centres = range(ways).map(() => unit(range(DIM).map(() => random.normal())));
  const near = (way: number) => unit(centres[way]!.map((value) => value + noise * random.normal()));
  const support: Example[] = range(ways).flatMap((label) =>
    range(1 + random.int(4)).map(() => ({ z: near(label), label })),
  );
  const named = range(ways).flatMap((way) =>
    range(queries).map(() => ({ z: near(way), label: way })),
  );
  return { ways, support, queries: named };
}

type World = ReturnType<typeof world>;

function scores(
  head: FewShotHead,
  { ways, support }: World,
  queries: readonly Example[],
): number[][] {
  const z = Float32Array.from(support.flatMap((one) => one.z));
  const labels = support.map(({ label }) => label);
  const bank = bankOf(head, supportsOf(z, labels, ways, DIM), DIM);
  const all = scoresOf(bank, Float32Array.from(queries.flatMap((one) => one.z)));
  return queries.map((_, q) => [...all.subarray(q * ways, (q + 1) * ways)]);
}

function right(rows: number[][], queries: readonly Example[]): number {
  return rows.filter((row, q) => row.indexOf(Math.max(...row)) === queries[q]!.label).length;
}

test.each(SEEDS)('fine-tuning finds the minimum that slow descent finds (%d)', (seed) => {
  const one = world(seed, 0.5);
  const weights = logisticWeights(one.support, one.ways, 0.01);
  const got = scores(fineTune, one, one.queries);
  one.queries.forEach(({ z }, q) =>
    weights.forEach((row, way) => {
      const logit = row.reduce((sum, value, d) => sum + value * z[d]!, 0);
      // What 60 steps leave of it: exp(-60 * sqrt(0.01 / 0.51)), a few parts in ten thousand.
      expect(got[q]![way]).toBeCloseTo(logit / (1 + Math.abs(logit)), 2);
    }),
  );
});

describe('label propagation', () => {
  test.each(SEEDS)('ends where propagating again and again ends (%d)', (seed) => {
    const one = world(seed, 0.6);
    const z = one.queries.map((query) => query.z);
    const expected = propagatedShares(one.support, z, one.ways, 20);
    scores(labelPropagation, one, one.queries).forEach((row, q) =>
      row.forEach((share, way) => expect(share).toBeCloseTo(expected[q]![way]!, 4)),
    );
  });

  test('by hand: alone, a query divides by its likeness; in company it follows its like', () => {
    const at = (degrees: number) => [
      Math.cos((degrees * Math.PI) / 180),
      Math.sin((degrees * Math.PI) / 180),
    ];
    const support = [at(0), at(60)].flatMap((row) => row);
    const bank = bankOf(labelPropagation, supportsOf(Float32Array.from(support), [0, 1], 2, 2), 2);
    const chain = [28, 40, 50].map(at);
    const [first] = scoresOf(bank, Float32Array.from(chain[0]!));
    expect(first).toBeGreaterThan(0.5);
    expect(scoresOf(bank, Float32Array.from(chain.flat()))[0]).toBeLessThan(first!);
  });

  test('many images of a request are told apart better together', () => {
    const worlds = SEEDS.map((seed) => world(seed, 0.45, 20));
    const [together, apart] = [0, 0].map((_, alone) =>
      worlds.reduce((sum, one) => {
        const rows = alone
          ? one.queries.flatMap((query) => scores(labelPropagation, one, [query]))
          : scores(labelPropagation, one, one.queries);
        return sum + right(rows, one.queries);
      }, 0),
    ) as [number, number];
    expect(together).toBeGreaterThan(apart);
  });
});

test('a cosine classifier keeps the prototypes where they are right, and turns them where they err', () => {
  const single = world(4, 0.1);
  const one = {
    ...single,
    support: range(single.ways).map((way) => single.support.find(({ label }) => label === way)!),
  };
  const apart = scores(cosineClassifier, one, one.support);
  expect(right(apart, one.support)).toBe(one.ways);
  for (const seed of SEEDS) {
    const noisy = world(seed, 0.9);
    const learnt = right(scores(cosineClassifier, noisy, noisy.support), noisy.support);
    const means = right(scores(prototype, noisy, noisy.support), noisy.support);
    expect(learnt).toBeGreaterThanOrEqual(means);
  }
});
