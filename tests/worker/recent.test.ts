import { expect, test } from 'vitest';
import { Recent } from '../../worker/classify/recent.ts';

function kept(keep: number) {
  const disposed: string[] = [];
  const made: string[] = [];
  const clock = { now: 0 };
  const recent = new Recent<string>({
    ...{ keep, graceMs: 1000, now: () => clock.now },
    dispose: (item) => disposed.push(item),
  });
  const get = (key: string) =>
    recent.get(key, async () => {
      made.push(key);
      return key;
    });
  return { recent, get, disposed, made, clock };
}

test('what was asked for lately is made once', async () => {
  const { get, made } = kept(2);
  expect(await Promise.all(['a', 'a', 'b', 'a', 'b'].map(get))).toEqual(['a', 'a', 'b', 'a', 'b']);
  expect(made).toEqual(['a', 'b']);
});

test('the longest unused falls out', async () => {
  const { get, made } = kept(2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});

test('what fell out is disposed, but not while it may still be in use', async () => {
  const { get, disposed, clock } = kept(1);
  for (const key of ['a', 'b']) await get(key);
  clock.now = 999;
  await get('b');
  expect(disposed).toEqual([]);
  clock.now = 1000;
  await get('b');
  expect(disposed).toEqual(['a']);
  clock.now = 9000;
  await get('b');
  expect(disposed).toEqual(['a']);
});

test('a failure is not kept', async () => {
  const { recent, get, disposed, clock } = kept(1);
  const fail = () => Promise.reject(new Error('no'));
  await expect(recent.get('a', fail)).rejects.toThrow('no');
  expect(await get('a')).toBe('a');
  // Nor disposed: there is nothing to dispose.
  await Promise.allSettled([recent.get('b', fail), get('c')]);
  clock.now = 5000;
  await get('c');
  expect(disposed).toEqual(['a']);
});
