import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { After, Before, Combine, Delta, Settings } from '../../shared/aggregation/contract.ts';
import { AFTER_IDS, BEFORE_IDS, COMBINE_IDS } from '../../shared/aggregation/ids.ts';
import { AFTER, BEFORE, COMBINE } from '../../shared/aggregation/index.ts';
import { createPipeline, type Tally } from '../../shared/aggregation/pipeline.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';

const SIZE = 7;
const STAGES = { before: BEFORE_IDS, combine: COMBINE_IDS, after: AFTER_IDS };
const TABLES = { before: BEFORE, combine: COMBINE, after: AFTER };

const delta = (values: ArrayLike<number>): Delta =>
  open(encode('float32', Float32Array.from(values), new Random(1)), { count: values.length });

const expectClose = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-6) => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++)
    expect(Math.abs(a[i]! - b[i]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(b[i]!)));
};

/** What volunteers send: deltas of ordinary size, each with the examples it was learned from. */
const numbers = fc.double({ min: -3, max: 3, noNaN: true });
const uploads = fc.array(
  fc.record({
    values: fc.array(numbers, { minLength: SIZE, maxLength: SIZE }),
    weight: fc.integer({ min: 1, max: 500 }),
  }),
  { minLength: 1, maxLength: 12 },
);
type Uploads = { values: number[]; weight: number }[];

const count = (tally: Tally, of: Uploads): Tally => {
  for (const { values, weight } of of) tally.add(delta(values), weight);
  return tally;
};

describe.each(Object.keys(STAGES) as (keyof typeof STAGES)[])('%s rules', (stage) => {
  const rules = Object.entries<{ title: string; paper: string; settings: Settings }>(TABLES[stage]);

  test('are named as their files', () => {
    const files = readdirSync(new URL(`../../shared/aggregation/${stage}`, import.meta.url));
    const names = files.map((file) => file.replace('.ts', '')).sort();
    expect(names).toEqual([...STAGES[stage]].sort());
    expect(rules.map(([id]) => id).sort()).toEqual(names);
  });

  test.each(rules)('%s: title, paper, and every default in its range', (_, rule) => {
    expect(rule.title).not.toBe('');
    expect(rule.paper).toMatch(/^https:/);
    for (const setting of Object.values(rule.settings)) {
      expect(setting.title).not.toBe('');
      expect(setting.min).toBeLessThan(setting.max);
      expect(setting.default).toBeGreaterThanOrEqual(setting.min);
      expect(setting.default).toBeLessThanOrEqual(setting.max);
    }
  });
});

test.each(Object.entries<Before>(BEFORE))('before %s: the factor is finite', (_, rule) => {
  const values = defaults(rule.settings);
  for (const norm of [0, 1e-30, 1, 1e3, 1e38, 1e44]) {
    const factor = rule.factor(norm, values);
    expect(factor).toBeGreaterThanOrEqual(0);
    expect(factor).toBeLessThan(Infinity);
  }
});

test.each(Object.entries<Combine>(COMBINE))('combine %s: one delta is itself', (_, rule) => {
  const values = defaults(rule.settings);
  for (const weight of [1e-3, 1, 17, 1e9]) {
    const state = rule.begin(3, values);
    rule.add(state, delta([1, -2, 0.5]), weight, 1);
    expectClose(rule.finish(state, values), [1, -2, 0.5]);
  }
});

test.each(Object.entries<After>(AFTER))(
  'after %s: fresh arrays, a state of one size',
  (_, rule) => {
    const values = defaults(rule.settings);
    const mean = Float32Array.of(1, -2, 0.5);
    const begun = rule.begin(3);
    const kept = begun.slice();
    const first = rule.step(mean, begun, values);
    rule.step(mean, first.state, values);
    expect(mean).toEqual(Float32Array.of(1, -2, 0.5));
    expect(begun).toEqual(kept);
    expect(first.step).toHaveLength(3);
    expect(first.state).toHaveLength(begun.length);
    expect(rule.step(new Float32Array(3), begun, values).step).toEqual(new Float32Array(3));
  },
);

function defaults(settings: Settings): Record<string, number> {
  return Object.fromEntries(Object.entries(settings).map(([name, s]) => [name, s.default]));
}

const COMBINATIONS = COMBINE_IDS.flatMap((combine) =>
  AFTER_IDS.map((after) => ({ combine, after })),
);

describe.each(COMBINATIONS)('pipeline $combine -> $after', ({ combine, after }) => {
  const config = { before: BEFORE_IDS, combine, after, settings: {} };
  const pipeline = createPipeline(config);

  test('no two of its rules share the name of a setting', () => {
    const rules = [...Object.values(BEFORE), COMBINE[combine], AFTER[after]];
    const names = rules.flatMap((rule) => Object.keys(rule.settings));
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(pipeline.values).sort()).toEqual(names.sort());
  });

  test('the order of arrival does not matter', () => {
    const shuffled = uploads.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const [a, b] = [list, other].map((of) => count(pipeline.begin(SIZE), of).finish());
        expectClose(a!.step, b!.step);
        expect(a!.weight).toBe(b!.weight);
      }),
    );
  });

  test('merged shards are the joint tally', () => {
    fc.assert(
      fc.property(uploads, uploads, (left, right) => {
        const root = count(pipeline.begin(SIZE), left);
        root.merge(count(pipeline.begin(SIZE), right));
        const joint = count(pipeline.begin(SIZE), [...left, ...right]).finish();
        expect(root.count).toBe(left.length + right.length);
        expectClose(root.finish().step, joint.step);
      }),
    );
  });

  test('a tally survives storage at any alignment', () => {
    fc.assert(
      fc.property(uploads, uploads, fc.nat(9), (early, late, offset) => {
        const before = count(pipeline.begin(SIZE), early);
        const snapshot = before.snapshot();
        const stored = new Uint8Array(snapshot.length + 16);
        stored.set(snapshot, offset);
        const view = stored.subarray(offset, offset + snapshot.length);
        const restored = pipeline.restore(view, SIZE);
        stored.fill(0xff);
        expect(count(restored, late).finish()).toEqual(count(before, late).finish());
      }),
    );
  });

  test('a snapshot of another size is refused', () => {
    const snapshot = pipeline.begin(SIZE).snapshot();
    expect(() => pipeline.restore(snapshot, SIZE + 1)).toThrow(Error);
    expect(() => pipeline.restore(snapshot.subarray(1), SIZE)).toThrow(Error);
  });

  test('an empty round, and a state of another rule, have no step', () => {
    const tally = pipeline.begin(SIZE);
    expect(() => tally.finish()).toThrow('no delta was counted');
    count(tally, [{ values: Array(SIZE).fill(1), weight: 1 }]);
    expect(() => tally.finish(new Float32Array(SIZE + 1))).toThrow('after-state');
  });

  test('finish leaves the tally as it was', () => {
    const tally = count(pipeline.begin(SIZE), [{ values: Array(SIZE).fill(1), weight: 2 }]);
    expect(tally.finish()).toEqual(tally.finish());
  });
});
