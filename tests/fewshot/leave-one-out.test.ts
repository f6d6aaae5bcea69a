/** What the examples of a class say of it: against the slow way, and what is read out of it. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bankOf } from '../../shared/fewshot/bank.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { confusionOf, leaveOneOut } from '../../shared/fewshot/leave-one-out.ts';
import { supportOf } from '../../shared/fewshot/supports.ts';
import { Random } from '../../shared/math/random.ts';
import { leftOut, SIMILARITY } from '../oracles/leave-one-out.ts';

/** Rounded to float32 first, so that both sides are given the same numbers. */
function unitRows(random: Random, count: number, dim: number): number[][] {
  return Array.from({ length: count }, () => {
    const row = Array.from({ length: dim }, () => random.normal());
    const length = Math.hypot(...row);
    return row.map((value) => Math.fround(value / length));
  });
}

const flat = (rows: number[][]) => Float32Array.from(rows.flat());
const supportFrom = (rows: number[][]) => supportOf(flat(rows), rows[0]!.length);
const { prototype } = FEW_SHOT_HEADS;

describe('an example left out of its class', () => {
  test.each(Object.keys(SIMILARITY))('%s: is compared as if it had never been there', (name) => {
    const head = FEW_SHOT_HEADS[name as keyof typeof FEW_SHOT_HEADS];
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        (seed, count, ways, isThere) => {
          const random = new Random(seed);
          const dim = 5;
          const own = { name: 'own', examples: unitRows(random, count, dim) };
          const others = Array.from({ length: ways }, (_, i) => ({
            name: String(i),
            examples: unitRows(random, 1 + (i % 3), dim),
          }));
          const listed = isThere ? [...others.slice(0, 1), own, ...others.slice(1)] : others;
          const bank = bankOf(
            head,
            listed.map((one) => supportFrom(one.examples)),
            dim,
          );
          const got = leaveOneOut(supportFrom(own.examples), bank, listed.indexOf(own));
          const wanted = leftOut(name, own, others);
          expect(Array.from(got.nearest, (way) => listed[way]!.name)).toEqual(
            wanted.map(({ nearest }) => nearest),
          );
          wanted.forEach(({ margin }, i) => expect(got.margins![i]).toBeCloseTo(margin, 5));
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  test.each(['cosine-classifier', 'fine-tune', 'label-propagation'] as const)(
    '%s: is compared as matching networks do, for its classes are learnt together',
    (name) => {
      const random = new Random(3);
      const classes = [3, 1, 4].map((count) => supportFrom(unitRows(random, count, 5)));
      const banks = [FEW_SHOT_HEADS[name], FEW_SHOT_HEADS.matching].map((head) =>
        bankOf(head, classes, 5),
      );
      const [got, expected] = banks.map((bank) => leaveOneOut(classes[0]!, bank, 0));
      expect(got).toEqual(expected);
    },
  );

  test('of one that is alone leaves nothing to compare: no margin, no accuracy', () => {
    const rows = unitRows(new Random(1), 3, 4);
    const bank = bankOf(
      prototype,
      rows.slice(1).map((row) => supportFrom([row])),
      4,
    );
    const alone = leaveOneOut(supportFrom(rows.slice(0, 1)), bank, -1);
    expect(alone.margins).toBeNull();
    expect(confusionOf(alone)).toMatchObject({ accuracy: null, mistaken: 0, nearest: 1 });
  });

  test('needs another class and an example', () => {
    const one = supportFrom(unitRows(new Random(1), 2, 4));
    expect(() => leaveOneOut(one, bankOf(prototype, [one], 4), 0)).toThrow(/2 examples beside 1/);
    const none = { ...one, rows: new Float32Array(0) };
    expect(() => leaveOneOut(none, bankOf(prototype, [one], 4), -1)).toThrow(/0 examples/);
  });
});

describe('the class that it is taken for', () => {
  const left = (
    nearest: number[],
    margins: number[] | null,
    similarity = nearest.map(() => 0.5),
  ) => ({
    nearest: Int32Array.from(nearest),
    similarity: Float32Array.from(similarity),
    margins: margins && Float32Array.from(margins),
  });

  test('is the one that most examples are nearer to than to their own', () => {
    const found = confusionOf(left([4, 4, 4, 7, 7], [0.1, 0.2, -0.1, -0.2, 0]));
    expect(found).toEqual({ accuracy: 2 / 5, way: 7, mistaken: 2, nearest: 2 });
  });

  test('is the one that most are nearest to where none is mistaken', () => {
    const found = confusionOf(left([4, 7, 7], [0.1, 0.2, 0.1]));
    expect(found).toEqual({ accuracy: 1, way: 7, mistaken: 0, nearest: 2 });
  });

  test('is the more similar one of two that are equal in that', () => {
    expect(confusionOf(left([4, 7], [0.1, 0.2], [0.3, 0.6])).way).toBe(7);
    expect(confusionOf(left([4, 7], [0.1, 0.2], [0.6, 0.3])).way).toBe(4);
  });
});

test('an example of another class stands out among 10,000 classes', () => {
  const [random, dim] = [new Random(3), 64];
  const others = unitRows(random, 10_000, dim);
  const bank = bankOf(
    prototype,
    others.map((row) => supportFrom([row])),
    dim,
  );
  const centre = unitRows(random, 1, dim)[0]!;
  const near = (row: number[]) => row.map((value) => value + 0.03 * random.normal());
  const examples = [near(centre), near(centre), near(others[4321]!), near(centre), near(centre)];
  const found = leaveOneOut(supportFrom(examples), bank, -1);
  expect(found.nearest[2]).toBe(4321);
  expect(Array.from(found.margins!, (margin) => margin > 0)).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
  expect(confusionOf(found)).toEqual({ accuracy: 4 / 5, way: 4321, mistaken: 1, nearest: 1 });
});
