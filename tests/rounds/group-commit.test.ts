import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';
import { left } from './cohorts.ts';
import { bodyOf, claimOf, SIZE, ToyShard } from './toy-shard.ts';

const MEAN = createPipeline({
  before: [],
  combine: 'weighted-mean',
  after: 'fedavg',
  settings: {},
});
const EVERYBODY = ['a', 'b', 'c', 'd', 'e', 'f'];

let shard: ToyShard;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  shard = new ToyShard(MEAN, 'sync', EVERYBODY, EVERYBODY.length);
});

afterEach(() => void vi.useRealTimers());

const send = (volunteer: string, variant = 0) =>
  shard.commits.takeIn(bodyOf(volunteer, variant), claimOf(volunteer, { variant }));

/** Places on the disk, as whoever starts on it now finds them. */
const onDisk = () =>
  shard
    .intake()
    .parts(1)
    .reduce((sum, { count }) => sum + count, 0);

async function refusalOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'none',
    (error: Error) => error.message,
  );
}

test('a delta is acknowledged when its group is on disk, and not before', async () => {
  const answered = vi.fn<() => void>();
  const answer = send('a').then(answered);
  await Promise.resolve();
  expect([onDisk(), shard.cohort.counts.accepted, answered.mock.calls.length]).toEqual([0, 0, 0]);
  shard.commits.flush();
  await answer;
  expect([onDisk(), shard.cohort.counts.accepted]).toEqual([1, 1]);
});

test('it waits a quarter of a second for others, and not at all when there are none', async () => {
  const first = send('a');
  vi.advanceTimersByTime(249);
  expect(onDisk()).toBe(0);
  vi.advanceTimersByTime(1);
  await first;
  const second = send('b');
  shard.commits.soon();
  vi.advanceTimersByTime(0);
  expect((await second).entry.position).toBe(2);
});

test('a short group is written as it came, a longer one as its sum, in the order of arrival', async () => {
  const step = vi.spyOn(shard.log, 'atomically');
  const three = ['a', 'b', 'c'].map((volunteer) => send(volunteer));
  // A body of float32 is half the sum: two are as long.
  shard.commits.flush();
  const places = (await Promise.all(three)).map(({ entry }) => entry.position);
  expect(places).toEqual([1, 2, 3]);
  expect([...shard.log.behind(1)]).toEqual([]);
  const one = send('d');
  shard.commits.flush();
  await one;
  expect([...shard.log.behind(1)].map(({ message }) => message)).toEqual([bodyOf('d')]);
  expect(step.mock.calls.map(([name]) => name)).toEqual(['append', 'append']);
  expect(shard.released).toHaveLength(4);
  expect(onDisk()).toBe(4);
});

test('another copy shares the fate of the first, whatever that is', async () => {
  const copies = [send('a'), send('a')];
  shard.disk.failAfter(0);
  shard.commits.flush();
  expect(await Promise.all(copies.map(refusalOf))).toEqual(['disk full', 'disk full']);
  const again = [send('a'), send('a')];
  shard.commits.flush();
  expect((await Promise.all(again)).map(({ repeated }) => repeated)).toEqual([false, true]);
  expect((await send('a')).repeated).toBe(true);
  expect(onDisk()).toBe(1);
});

test('another delta of the same volunteer is refused while the first is not on disk yet', async () => {
  const first = send('a');
  expect(() => send('a', 1)).toThrow(expect.objectContaining({ code: 406 }));
  shard.commits.flush();
  await first;
});

test('a group that cannot be written has never been, however far it got', async () => {
  const kept = send('a');
  shard.commits.flush();
  await kept;
  const before = shard.intake().read(1, 0, SIZE);
  for (let statements = 0; statements < 6; statements++) {
    const group = ['b', 'c', 'd'].map((volunteer) => send(volunteer));
    shard.disk.failAfter(statements);
    shard.commits.flush();
    expect(await Promise.all(group.map(refusalOf))).toEqual(group.map(() => 'disk full'));
    expect(shard.intake().read(1, 0, SIZE)).toEqual(before);
    expect([shard.cohort.counts.accepted, shard.log.loadCohort()?.counts.accepted]).toEqual([1, 1]);
  }
  const again = send('b');
  shard.commits.flush();
  expect((await again).entry.position).toBe(2);
});

test('whoever leaves after its delta was taken in has delivered', async () => {
  const answer = send('a');
  shard.dispatch(left('a'));
  expect((await answer).entry.position).toBe(1);
  expect(shard.cohort.members['a']?.as).toBe('accepted');
});
