import { describe, expect, test } from 'vitest';
import type { Delta, Settings } from '../../shared/aggregation/contract.ts';
import { BEFORE_IDS } from '../../shared/aggregation/ids.ts';
import { AFTER, BEFORE } from '../../shared/aggregation/index.ts';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';
import { Problem, type ProblemCode } from '../../shared/api/problem.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';

const delta = (values: ArrayLike<number>): Delta =>
  open(encode('float32', Float32Array.from(values), new Random(1)), { count: values.length });

const expectProblem = (code: ProblemCode, act: () => unknown) => {
  expect(act).toThrow(Problem);
  expect(act).toThrow(expect.objectContaining({ code }));
};

describe('what a pipeline refuses', () => {
  const plain = { before: BEFORE_IDS, combine: 'weighted-mean', after: 'fedavgm' } as const;
  const known = Object.entries<Settings[string]>({
    ...BEFORE['clip-norm'].settings,
    ...AFTER.fedavgm.settings,
  });

  test.each(known)('303 for %s out of its range', (name, { min, max }) => {
    for (const bad of [min - 1e-6, max * 1.001, NaN, Infinity, -Infinity])
      expectProblem(303, () => createPipeline({ ...plain, settings: { [name]: bad } }));
    for (const good of [min, max])
      expect(createPipeline({ ...plain, settings: { [name]: good } }).values[name]).toBe(good);
  });

  test('303 for a setting that none of its rules has', () => {
    for (const name of ['', 'clipnorm', 'toString', '__proto__'])
      expectProblem(303, () =>
        createPipeline({ ...plain, settings: JSON.parse(`{"${name}": 1}`) }),
      );
    // Known, but to a rule that this plan leaves out.
    expectProblem(303, () => createPipeline({ ...plain, before: [], settings: { clipNorm: 1 } }));
  });

  test('303 for an unknown or a doubled rule', () => {
    for (const id of ['fedsgd', 'toString'])
      expectProblem(303, () => createPipeline({ ...plain, after: id as 'fedavg', settings: {} }));
    const twice = ['clip-norm', 'clip-norm'] as const;
    expectProblem(303, () => createPipeline({ ...plain, before: twice, settings: {} }));
  });

  test('101 for a weight that counts nothing or too much; nothing is counted', () => {
    const tally = createPipeline({ ...plain, settings: {} }).begin(2);
    for (const weight of [0, -1, NaN, Infinity, -Infinity, 1e10])
      expectProblem(101, () => tally.add(delta([1, 1]), weight));
    expect([tally.count, tally.weight]).toEqual([0, 0]);
  });

  test('404 for a delta that is not finite; nothing is counted', () => {
    const tally = createPipeline({ ...plain, settings: {} }).begin(2);
    const bytes = encode('int8', Float32Array.of(1, 1), new Random(1));
    const opened = open(bytes, { count: 2 });
    // The first four bytes of the payload are the scale: now Infinity.
    new DataView(bytes.buffer).setFloat32(20, Infinity, true);
    expectProblem(404, () => tally.add(opened, 1));
    expect(tally.count).toBe(0);
    expect(() => tally.add(delta([1, 2, 3]), 1)).toThrow('a model of 2');
  });

  test('404 for a step that overflows', () => {
    const settings = { serverRate: 10 };
    const tally = createPipeline({ ...plain, before: [], settings }).begin(1);
    tally.add(delta([3e38]), 1);
    expectProblem(404, () => tally.finish());
  });
});
