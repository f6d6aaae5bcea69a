import { describe, expect, test } from 'vitest';
import { assemble, firstOf, fromIdx } from '../../client/data/local-data.ts';
import { encodeIdx } from '../../client/data/idx.ts';
import {
  inputOf,
  numbered,
  planOf,
  rowOf,
  slugOf,
  splitValidation,
  type PlanFields,
} from '../../client/web/pages/admin/create/draft.ts';
import { exampleOf } from '../../client/web/parts/example.ts';

const FIELDS: PlanFields = {
  net: 'strided',
  objective: 'fixmatch',
  goal: 4,
  deadlineSeconds: 60,
  advanced: '',
};

describe('a plan from a form', () => {
  test('has the fields, and advanced settings merged over them', () => {
    const advanced =
      '{ "round": { "minimum": 2 }, "local": { "steps": 9 }, "objective": { "settings": { "threshold": 0.9 } } }';
    expect(planOf({ ...FIELDS, advanced }, 5)).toEqual({
      plan: {
        net: 'strided',
        objective: { id: 'fixmatch', settings: { threshold: 0.9 } },
        round: { goal: 4, deadlineSeconds: 60, minimum: 2 },
        local: { steps: 9 },
      },
    });
  });

  test.each([
    ['no JSON', '{ "local": ', /JSON/],
    ['no object', '[1]', /object/],
    ['a setting out of range', '{ "local": { "steps": 0 } }', /steps/],
    ['a number for a word', '{ "codec": 8 }', /codec/],
    ['an impossible round', '{ "round": { "minimum": 9 } }', /minimum 9/],
    [
      'a wrong setting of the objective',
      '{ "objective": { "settings": { "threshold": 2 } } }',
      /threshold/,
    ],
  ])('says what is wrong: %s', (_, advanced, reason) => {
    expect(planOf({ ...FIELDS, advanced }, 5)).toEqual({ error: expect.stringMatching(reason) });
  });

  test('an empty number field is an error, not a default', () => {
    expect(planOf({ ...FIELDS, goal: Number.NaN }, 5)).toHaveProperty('error');
  });

  test('names what the network reads', () => {
    expect(inputOf({})).toEqual({ size: 28, channels: 1 });
    expect(inputOf({ input: { size: 32, channels: 3 } })).toEqual({ size: 32, channels: 3 });
  });
});

describe('labelled images', () => {
  test.each([
    [4, ['a', 'b', 'c', 'e', 'f'], ['d']],
    [2, ['a', 'c', 'e'], ['b', 'd', 'f']],
    [0, ['a', 'b', 'c', 'd', 'e', 'f'], []],
  ])('one in %d is kept for validation', (every, examples, validation) => {
    expect(splitValidation([...'abcdef'], every)).toEqual({ examples, validation });
  });

  test('a class of one image has something to learn from', () => {
    expect(splitValidation(['a'], 2)).toEqual({ examples: ['a'], validation: [] });
  });

  test('go to one thread together and come back to their rows', () => {
    const blob = new Blob();
    const rows = Array.from({ length: 12 }, (_, key) => ({
      key,
      name: `${key}`,
      files: [{ path: '7/x.png', blob }],
    }));
    expect(numbered(rows).map(({ path }) => rowOf(path))).toEqual(rows.map(({ key }) => key));
  });
});

describe('a short name', () => {
  test.each([
    ['Leaves of Seoul!', 'leaves-of-seoul'],
    ['  Cafés № 5 ', 'cafes-no-5'],
    ['손글씨', ''],
    ['x'.repeat(60), 'x'.repeat(48)],
  ])('%s -> %s', (title, slug) => expect(slugOf(title)).toBe(slug));
});

describe('local data', () => {
  const input = { size: 2, channels: 1 };

  test('is one array of all images', () => {
    const data = assemble([Float32Array.of(0, 1, 2, 3), Float32Array.of(4, 5, 6, 7)], input);
    expect(data).toEqual({ images: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), count: 2 });
    expect(firstOf(data, input, 1)).toEqual([Float32Array.of(0, 1, 2, 3)]);
    expect(firstOf(data, input, 9)).toHaveLength(2);
    expect(() => assemble([Float32Array.of(1)], input)).toThrow('image 0 has 1 numbers');
  });

  test('comes from an IDX file of the right size', () => {
    const bytes = encodeIdx([1, 2, 2], Uint8Array.of(0, 51, 102, 255));
    expect(fromIdx(bytes, input)).toEqual({ images: Float32Array.of(0, 0.2, 0.4, 1), count: 1 });
    expect(() => fromIdx(bytes, { size: 3, channels: 1 })).toThrow('2 x 2');
    expect(() => fromIdx(bytes, { size: 2, channels: 3 })).toThrow('2 x 2 x 3');
  });

  test('goes into a JSON body as bytes', () => {
    expect(exampleOf(Float32Array.of(0, 0.2, 1, 7))).toEqual({ pixels: btoa('\0\x33\xff\xff') });
  });
});
