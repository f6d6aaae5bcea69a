import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { After, Before, Settings } from '../../shared/aggregation/contract.ts';
import { AFTER_IDS, BEFORE_IDS, COMBINE_IDS } from '../../shared/aggregation/ids.ts';
import { AFTER, BEFORE, COMBINE } from '../../shared/aggregation/index.ts';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';

const STAGES = { before: BEFORE_IDS, combine: COMBINE_IDS, after: AFTER_IDS };
const TABLES = { before: BEFORE, combine: COMBINE, after: AFTER };

function defaults(settings: Settings): Record<string, number> {
  return Object.fromEntries(Object.entries(settings).map(([name, s]) => [name, s.default]));
}

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
      if (setting.whole)
        for (const value of [setting.default, setting.min, setting.max])
          expect(value).toBe(Math.round(value));
    }
  });
});

describe.each(Object.entries<Before>(BEFORE))('before %s', (_, rule) => {
  const values = defaults(rule.settings);

  test('the factor is finite, and never makes a delta larger', () => {
    for (const norm of [0, 1e-30, 1, 1e3, 1e38, 1e44])
      for (const staleness of [0, 1, 100]) {
        const factor = rule.factor({ norm, staleness }, values);
        expect(factor).toBeGreaterThanOrEqual(0);
        expect(factor).toBeLessThanOrEqual(1);
      }
  });

  test('a small delta from the current version is left alone', () => {
    expect(rule.factor({ norm: 1, staleness: 0 }, values)).toBe(1);
  });
});

describe.each(Object.entries<After>(AFTER))('after %s', (id, rule) => {
  const values = defaults(rule.settings);
  const mean = Float32Array.of(1, -2, 0.5);

  test('fresh arrays, a state of one size', () => {
    const begun = rule.begin(3, values);
    const kept = begun.slice();
    const first = rule.step(mean, begun, values);
    const second = rule.step(mean, first.state, values);
    expect(mean).toEqual(Float32Array.of(1, -2, 0.5));
    expect(begun).toEqual(kept);
    expect(first.step).toHaveLength(3);
    expect([first.state.length, second.state.length]).toEqual([begun.length, begun.length]);
  });

  test('steps go where the mean points, and nowhere when it never pointed', () => {
    const begun = rule.begin(3, values);
    const { step } = rule.step(mean, begun, values);
    expect([...step].map(Math.sign)).toEqual([1, -1, 1]);
    expect(rule.step(new Float32Array(3), begun, values).step).toEqual(new Float32Array(3));
  });

  test('the pipeline keeps its state for it, and refuses that of another', () => {
    const config = { before: [], combine: 'weighted-mean', settings: {} } as const;
    const pipeline = createPipeline({ ...config, after: id as 'fedavg' });
    const first = pipeline.step(mean);
    expect(first.step).toEqual(rule.step(mean, rule.begin(3, values), values).step);
    expect(pipeline.step(mean, first.afterState).step).toEqual(
      rule.step(mean, first.afterState, values).step,
    );
    expect(() => pipeline.step(mean, new Float32Array(first.afterState.length + 1))).toThrow(
      'after-state',
    );
  });
});

const COMBINATIONS = COMBINE_IDS.flatMap((combine) =>
  AFTER_IDS.map((after) => ({ combine, after })),
);

test.each(COMBINATIONS)('$combine -> $after: every setting has a name of its own', (rules) => {
  const pipeline = createPipeline({ before: BEFORE_IDS, ...rules, settings: {} });
  const all = [...Object.values(BEFORE), COMBINE[rules.combine], AFTER[rules.after]];
  const names = all.flatMap((rule) => Object.keys(rule.settings));
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(pipeline.values).sort()).toEqual(names.sort());
});
