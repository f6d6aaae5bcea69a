import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bankOf, changeBank, scoresOf } from '../../shared/fewshot/bank.ts';
import { scoresAlone, type FewShotHead } from '../../shared/fewshot/contract.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { joinSupports, supportsOf } from '../../shared/fewshot/supports.ts';
import { Random, range } from '../../shared/math/random.ts';

const ENTRIES = Object.entries<FewShotHead>(FEW_SHOT_HEADS);
// No multiple of four: products go four by four, and the rest one by one.
const DIM = 14;

type Support = { z: Float32Array; labels: number[] };

function unit(numbers: number[]): number[] {
  const length = Math.hypot(...numbers);
  return numbers.map((value) => value / length);
}

/** A world of classes that lie apart: `draw` gives embeddings of them, all of one class together. */
function world(ways: number, seed: number) {
  const random = new Random(seed);
  const centres = range(ways).map(() => unit(range(DIM).map(() => random.normal())));
  const near = (centre: number[]) => unit(centre.map((value) => value + 0.05 * random.normal()));
  return (shots: number): Support => {
    const labels = range(ways).flatMap((way) => Array<number>(shots).fill(way));
    const rows = labels.map((way) => near(centres[way]!));
    return { z: Float32Array.from(rows.flat()), labels };
  };
}

function pick({ z, labels }: Support, rows: number[]): Support {
  return {
    z: Float32Array.from(rows.flatMap((row) => [...z.subarray(row * DIM, (row + 1) * DIM)])),
    labels: rows.map((row) => labels[row]!),
  };
}

function expectClose(got: Float32Array, expected: Float32Array) {
  expect(got).toHaveLength(expected.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}

const worlds = fc.record({
  ways: fc.integer({ min: 2, max: 9 }),
  shots: fc.integer({ min: 1, max: 6 }),
  seed: fc.integer({ min: 1, max: 1e9 }),
});

test('every head is named as its file', () => {
  const files = readdirSync(new URL('../../shared/fewshot/heads', import.meta.url));
  const names = files.map((file) => file.replace('.ts', ''));
  expect(names.sort()).toEqual(Object.keys(FEW_SHOT_HEADS).sort());
});

describe.each(ENTRIES)('%s', (_, head) => {
  const supports = ({ z, labels }: Support, ways: number) => supportsOf(z, labels, ways, DIM);
  const fit = (support: Support, ways: number) => bankOf(head, supports(support, ways), DIM);

  test('title and paper', () => {
    expect(head.title).not.toBe('');
    expect(head.paper).toMatch(/^https:/);
  });

  test.each([1, 5])('classes that lie apart are learnt from %d examples each', (shots) => {
    const ways = 8;
    const draw = world(ways, 3);
    const fitted = fit(draw(shots), ways);
    const queries = draw(20);
    const scores = scoresOf(fitted, queries.z);
    queries.labels.forEach((label, q) => {
      const row = scores.subarray(q * ways, (q + 1) * ways);
      expect(row.indexOf(Math.max(...row))).toBe(label);
    });
  });

  test('a score for every query and class, in [-1, 1]', () => {
    fc.assert(
      fc.property(worlds, ({ ways, shots, seed }) => {
        const draw = world(ways, seed);
        const scores = scoresOf(fit(draw(shots), ways), draw(2).z);
        expect(scores).toHaveLength(2 * ways * ways);
        for (const score of scores) expect(Math.abs(score)).toBeLessThanOrEqual(1 + 1e-6);
      }),
      { seed: 1 },
    );
  });

  test('an embedding of nothing has finite scores', () => {
    const scores = scoresOf(fit(world(3, 1)(2), 3), new Float32Array(DIM));
    expect([...scores].every(Number.isFinite)).toBe(true);
  });

  test('the order of the support does not matter', () => {
    fc.assert(
      fc.property(worlds, ({ ways, shots, seed }) => {
        const draw = world(ways, seed);
        const [support, { z }] = [draw(shots), draw(1)];
        const shuffled = pick(support, new Random(seed).shuffle(range(ways * shots)));
        expectClose(scoresOf(fit(shuffled, ways), z), scoresOf(fit(support, ways), z));
      }),
      { seed: 1 },
    );
  });

  test.skipIf(head.propagate)(
    'a query is scored alike in any company, and scoring changes no fit',
    () => {
      const draw = world(4, 2);
      const [fitted, queries] = [fit(draw(3), 4), draw(2)];
      const together = scoresOf(fitted, queries.z);
      range(8).forEach((q) => {
        const alone = scoresOf(fitted, pick(queries, [q]).z);
        expect(alone).toEqual(together.slice(q * 4, (q + 1) * 4));
      });
    },
  );

  test.runIf(scoresAlone(head))('a new class changes no old score', () => {
    fc.assert(
      fc.property(worlds, ({ ways, shots, seed }) => {
        const draw = world(ways + 3, seed);
        const [support, queries] = [draw(shots), draw(1)];
        const old = scoresOf(fit(pick(support, range(ways * shots)), ways), queries.z);
        const all = scoresOf(fit(support, ways + 3), queries.z);
        range(ways + 3).forEach((q) => {
          const row = all.slice(q * (ways + 3), q * (ways + 3) + ways);
          expect(row).toEqual(old.slice(q * ways, (q + 1) * ways));
        });
      }),
      { seed: 1 },
    );
  });

  test('a class without an example is refused', () => {
    const support = world(3, 1)(2);
    expect(() => fit(support, 4)).toThrow('class 3');
    expect(() => fit(pick(support, [0, 1, 4, 5]), 3)).toThrow('class 1');
    expect(() => fit({ z: new Float32Array(0), labels: [] }, 1)).toThrow('class 0');
  });

  test('it reads what it says: the other part of a support may be missing', () => {
    const [support, { z }] = [supports(world(3, 4)(2), 3), world(3, 4)(1)];
    const nothing = new Float32Array(head.reads === 'sum' ? 0 : DIM);
    const bare = support.map((one) => ({
      ...one,
      ...(head.reads === 'sum' ? { rows: nothing } : { sum: nothing }),
    }));
    expect(scoresOf(bankOf(head, bare, DIM), z)).toEqual(scoresOf(bankOf(head, support, DIM), z));
  });

  test('classes that come and go leave what all of them at once would give', () => {
    fc.assert(
      fc.property(worlds, ({ ways, shots, seed }) => {
        const draw = world(ways + 2, seed);
        const all = supports(draw(shots), ways + 2);
        const kept = range(ways).filter((way) => new Random(seed).fork(`${way}`).int(2) === 1);
        const before = bankOf(head, all.slice(0, ways), DIM);
        const after = changeBank(before, kept, all.slice(ways));
        const once = bankOf(head, [...kept.map((way) => all[way]!), ...all.slice(ways)], DIM);
        expect(after).toEqual(once);
        expect(before).toEqual(bankOf(head, all.slice(0, ways), DIM));
      }),
      { seed: 1 },
    );
  });

  test('two supports that are joined are what both at once would give', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 1, max: 4 }), ({ ways, shots, seed }, more) => {
        const draw = world(ways, seed);
        const [a, b, { z }] = [draw(shots), draw(more), draw(1)];
        const both = { z: Float32Array.of(...a.z, ...b.z), labels: [...a.labels, ...b.labels] };
        const [left, right] = [supports(a, ways), supports(b, ways)];
        const joined = left.map((support, way) => joinSupports(support, right[way]!));
        expectClose(scoresOf(bankOf(head, joined, DIM), z), scoresOf(fit(both, ways), z));
      }),
      { seed: 1 },
    );
  });
});
