import { describe, expect, test } from 'vitest';
import { ordersOf } from '../../shared/rounds/orders-of.ts';
import { begin } from '../../shared/rounds/round.ts';
import {
  after,
  AGGREGATED,
  ASYNC,
  baseOf,
  better,
  clock,
  closing,
  failed,
  finetuning,
  here,
  idle,
  judged,
  moved,
  reached,
  RULES,
  sealed,
  start,
  training,
  worse,
} from './events.ts';

describe('a shard is ordered', () => {
  test('nothing before there is a version, nor while nothing is asked for', () => {
    const nothing = { round: 0, open: false, quota: 0, settled: 0, deadline: null, surplus: null };
    expect(ordersOf(begin(RULES))).toEqual([{ ...nothing, bases: [], reason: '' }]);
    expect(ordersOf(idle())).toEqual([{ ...nothing, bases: [baseOf(1)], reason: '' }]);
  });

  test('to take deltas, and to ask its part of what is wanted', () => {
    const { state } = after(idle({ shards: 3 }), start(1), here(1), here(3, 0, 2));
    expect(ordersOf(state).map(({ quota }) => quota)).toEqual([1, 0, 3]);
    expect(ordersOf(state)[1]).toMatchObject({
      ...{ round: 1, open: true, deadline: RULES.deadlineMs, bases: [baseOf(1)], settled: 0 },
    });
  });

  test('to close sooner when the goal is there', () => {
    const state = training();
    const { state: met } = after(state, reached(state, { asked: 4, accepted: 3 }, 800));
    expect(ordersOf(met)[0]).toMatchObject({ open: true, deadline: 1000 });
  });

  test('to take no more, with a reason for those who are still at work', () => {
    expect(ordersOf(closing())[0]).toMatchObject({
      ...{ round: 1, open: false, quota: 0, deadline: null, reason: 'the deadline has passed' },
    });
    const state = training();
    const { state: few } = after(
      state,
      reached(state, { asked: 4, accepted: 1, declined: 1, left: 1 }),
      clock(RULES.deadlineMs),
    );
    expect(ordersOf(few)[0]?.reason).toBe('1 of at least 2 deltas came; 1 declined, 1 left');
    expect(ordersOf(after(state, failed('out of memory')).state)[0]?.reason).toBe('out of memory');
  });

  test('to let deltas go when they are in the weights, or given up', () => {
    const settled = (state: Parameters<typeof ordersOf>[0]) => ordersOf(state)[0]?.settled;
    const summing = after(closing(), sealed(1, { accepted: 3 })).state;
    expect([settled(closing()), settled(summing)]).toEqual([0, 0]);
    expect([settled(after(summing, AGGREGATED).state), settled(finetuning())]).toEqual([1, 1]);
    expect(settled(after(summing, failed('lost')).state)).toBe(1);
  });

  test('to start from the version that was made live by hand, once the round is over', () => {
    const state = after(finetuning({}, 2), moved(7)).state;
    expect(ordersOf(state)[0]?.bases).toEqual([baseOf(1)]);
    const { state: next } = after(state, judged(worse(2, 7)));
    expect(ordersOf(next)[0]).toMatchObject({ round: 2, bases: [baseOf(7)], reason: 'worse' });
  });
});

describe('while rounds overlap, a shard is ordered', () => {
  const state = training(ASYNC, 5);
  const shut = after(state, reached(state, { asked: 6, accepted: 3 }, 100)).state;

  test('the next round, with a deadline of its own, from the same versions', () => {
    expect(ordersOf(shut)[0]).toMatchObject({
      ...{ round: 2, open: true, quota: 4, deadline: 100 + RULES.deadlineMs, bases: [baseOf(1)] },
    });
  });

  test('the same when its turn comes, and the newer version', () => {
    const judging = after(shut, sealed(1, { asked: 6, accepted: 3 }), AGGREGATED).state;
    const { state: next } = after(judging, judged(better(2), 500));
    expect(ordersOf(next)[0]).toMatchObject({
      ...{ round: 2, open: true, deadline: 100 + RULES.deadlineMs, settled: 1 },
      bases: [baseOf(2), baseOf(1)],
    });
  });

  test('to give the next round up when another version was made live', () => {
    const judging = after(shut, sealed(1, { accepted: 3 }), AGGREGATED, moved(7)).state;
    const { state: next } = after(judging, judged(worse(2, 7)));
    expect(ordersOf(next)[0]).toMatchObject({
      ...{ round: 2, open: false, quota: 0, reason: 'another version was made live' },
      bases: [baseOf(7)],
    });
  });
});
