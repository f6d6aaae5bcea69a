import { expect, test, vi } from 'vitest';
import { Batch } from '../../worker/rounds/batch.ts';

test('what comes before the object gets to it is committed together, in order', async () => {
  const commit = vi.fn<(items: number[]) => number[]>((items) => items.map((item) => item * 10));
  const batch = new Batch<number, number>(commit);
  expect(await Promise.all([batch.add(1), batch.add(2), batch.add(3)])).toEqual([10, 20, 30]);
  expect(await batch.add(4)).toBe(40);
  expect(commit.mock.calls).toEqual([[[1, 2, 3]], [[4]]]);
});

test('one that is refused is refused alone', async () => {
  const batch = new Batch<number, number>((items) =>
    items.map((item) => (item === 2 ? new Error('not you') : item)),
  );
  const answers = await Promise.allSettled([1, 2, 3].map((item) => batch.add(item)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a commit that fails refuses all of its batch, and the next one is none the worse', async () => {
  const commit = vi.fn<(items: number[]) => number[]>((items) => items);
  commit.mockImplementationOnce(() => {
    throw new Error('disk full');
  });
  const batch = new Batch<number, number>(commit);
  const answers = await Promise.allSettled([batch.add(1), batch.add(2)]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await batch.add(3)).toBe(3);
});
