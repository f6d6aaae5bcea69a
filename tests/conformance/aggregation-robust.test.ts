import { describe, expect, test } from 'vitest';
import { COMBINE_IDS, type CombineId } from '../../shared/aggregation/ids.ts';
import { COMBINE } from '../../shared/aggregation/index.ts';
import { createPipeline, type Pipeline } from '../../shared/aggregation/pipeline.ts';
import { combined, crowd, distance, meanOf, SIZE, type Upload } from './uploads.ts';

const isRobust = (id: CombineId): boolean => {
  const rule = COMBINE[id];
  return rule.reads !== 'sum' && rule.robust;
};
const ROBUST = COMBINE_IDS.filter(isRobust);
const HULL = ['trimmed-mean', 'coordinate-median', 'multi-krum'] as const satisfies CombineId[];

/** Settings that stand two bad parts of nine, and of eight. */
const STANDS_TWO: Partial<Record<CombineId, Record<string, number>>> = {
  'trimmed-mean': { trimShare: 0.25 },
  krum: { krumByzantine: 2 },
  'multi-krum': { krumByzantine: 2 },
};

function pipelineOf(combine: CombineId, settings: Record<string, number> = {}): Pipeline {
  return createPipeline({ before: [], combine, after: 'fedavg', settings });
}

const SPREAD = 0.3;

/** What two who want harm send, knowing what the others send. */
const ATTACKS: Record<string, (honest: readonly Upload[]) => Upload[]> = {
  'huge, apart': (honest) =>
    [1e3, -1e6].map((norm) => ({ values: honest[0]!.values.map(() => norm), weight: 50 })),
  'huge, together': () => [0, 1].map((i) => ({ values: Array(SIZE).fill(1e4 + i), weight: 50 })),
  'the opposite, tenfold': (honest) =>
    [0, 1].map((i) => ({ values: honest[i]!.values.map((value) => -10 * value), weight: 50 })),
  'ordinary norms, and all the examples there are': (honest) =>
    [0, 1].map((i) => ({ values: honest[i]!.values.map((value) => -2 * value), weight: 1e9 })),
};

describe.each(Object.entries(ATTACKS))('two of nine send %s', (_, attack) => {
  const cases = [1, 2, 3, 4, 5].map((seed) => {
    const honest = crowd(seed, 7, SPREAD);
    const all: readonly Upload[] = [...honest.slice(0, 3), ...attack(honest), ...honest.slice(3)];
    return { honest, all };
  });

  test.each(ROBUST)('%s stays with the honest', async (id) => {
    const pipeline = pipelineOf(id, { buckets: 16, ...STANDS_TWO[id] });
    for (const { honest, all } of cases) {
      const got = await combined(pipeline, [all]);
      expect(distance(got, meanOf(honest))).toBeLessThan(2 * SPREAD);
      const sharded = await combined(pipeline, [all.slice(0, 4), all.slice(4)]);
      expect(distance(sharded, got)).toBeLessThan(1e-6);
    }
  });

  test.each(HULL)('%s is between honest values in every coordinate', async (id) => {
    const pipeline = pipelineOf(id, { buckets: 16, ...STANDS_TWO[id] });
    for (const { honest, all } of cases)
      (await combined(pipeline, [all])).forEach((value, i) => {
        const column = honest.map(({ values }) => Math.fround(values[i]!));
        expect(value).toBeGreaterThanOrEqual(Math.min(...column) - 1e-6);
        expect(value).toBeLessThanOrEqual(Math.max(...column) + 1e-6);
      });
  });

  test('krum is one of the honest', async () => {
    const pipeline = pipelineOf('krum', { buckets: 16, ...STANDS_TWO.krum });
    for (const { honest, all } of cases) {
      const got = await combined(pipeline, [all]);
      const nearest = Math.min(...honest.map(({ values }) => distance(got, values)));
      expect(nearest).toBeLessThan(1e-6);
    }
  });

  test('the weighted mean is dragged away', async () => {
    for (const { honest, all } of cases) {
      const got = await combined(pipelineOf('weighted-mean'), [all]);
      expect(distance(got, meanOf(honest))).toBeGreaterThan(4 * SPREAD);
    }
  });
});

describe('a crowd in eight buckets', () => {
  const honest = crowd(9, 46, SPREAD);
  // The 3rd and the 12th delta: buckets 2 and 3.
  const all = honest.toSpliced(2, 0, { values: Array(SIZE).fill(1e6), weight: 1e9 });
  all.splice(11, 0, { values: Array(SIZE).fill(-1e6), weight: 1e9 });

  test.each(ROBUST)('%s stands two spoilt ones', async (id) => {
    const got = await combined(pipelineOf(id, STANDS_TWO[id]), [all]);
    expect(distance(got, meanOf(honest))).toBeLessThan(SPREAD);
  });

  test.each(ROBUST)('%s falls when half of them are: the test can tell', async (id) => {
    const spoilt = all.map((upload, i) =>
      i % 8 < 4 ? { values: Array(SIZE).fill(1e4), weight: 1e9 } : upload,
    );
    const got = await combined(pipelineOf(id, STANDS_TWO[id]), [spoilt]);
    expect(distance(got, meanOf(honest))).toBeGreaterThan(SPREAD);
  });
});

describe.each(ROBUST)('%s in a round that came to few', (id) => {
  const demanding = {
    'trimmed-mean': { trimShare: 0.49 },
    krum: { krumByzantine: 50 },
    'multi-krum': { krumByzantine: 50 },
  } as Partial<Record<CombineId, Record<string, number>>>;
  const pipeline = pipelineOf(id, demanding[id]);
  const far = { values: Array<number>(SIZE).fill(1e6), weight: 1e9 };

  test('one of three or more is outvoted, whatever the setting asks for', async () => {
    for (const length of [3, 4, 5, 6, 7, 8])
      for (const seed of [1, 2, 3]) {
        const honest = crowd(seed, length - 1, SPREAD);
        // Shorter than the honest ones: what is right for two would be wrong here.
        const back = { ...far, values: meanOf(honest).map((value) => -0.5 * value) };
        for (const bad of [far, back]) {
          const got = await combined(pipeline, [[bad, ...honest]]);
          expect(distance(got, meanOf(honest))).toBeLessThan(2 * SPREAD);
        }
      }
  });

  test('of two the shorter is taken, of one that one', async () => {
    const [honest] = crowd(4, 1);
    const { values } = honest!;
    for (const list of [[honest!, far], [far, honest!], [honest!]])
      expect(distance(await combined(pipeline, [list]), values)).toBeLessThan(1e-6);
    expect(distance(await combined(pipeline, [[far], [honest!]]), values)).toBeLessThan(1e-6);
  });

  test('and the pipeline says so', () => {
    for (const parts of [1, 2]) expect(pipeline.lacks(parts)).toMatch(/none is a minority/);
    expect(pipelineOf(id).lacks(8)).toBe(null);
  });
});

test('rules that promise nothing lack nothing', () => {
  for (const id of COMBINE_IDS.filter((other) => !isRobust(other)))
    expect(pipelineOf(id).lacks(1)).toBe(null);
});
