/** What an object that is torn down finds again, a version that moves by hand, what everyone may see. */
import { describe, expect, test } from 'vitest';
import { begin, publicState, resume, revive } from '../../shared/rounds/round.ts';
import {
  after,
  aggregating,
  AGGREGATED,
  better,
  clock,
  closing,
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

describe('after a tear-down', () => {
  test("the server's step is done again", () => {
    expect(resume(revive(begin(RULES)))).toEqual([{ kind: 'finetune', weights: '' }]);
    expect(resume(revive(finetuning()))).toEqual([{ kind: 'finetune', weights: 'sum' }]);
    for (const state of [idle(), training(), closing(), aggregating()])
      expect(resume(revive(state))).toEqual([]);
  });

  test('a round is summed up again only when all shards have said again what they have', () => {
    const one = () => sealed(1, { asked: 2, accepted: 2, bytes: 200 });
    const other = () => sealed(1, { asked: 2, accepted: 1, bytes: 100 }, 0, 1);
    const summing = after(closing({ shards: 2 }), one(), other()).state;
    expect(summing.phase).toBe('aggregating');
    // Without the other shard's deltas it would be another sum.
    const half = after(revive(summing), one());
    expect([half.state.phase, half.effects]).toEqual(['closing', []]);
    const all = after(half.state, other());
    expect(all.effects).toEqual([{ kind: 'aggregate' }]);
    expect(all.state.totals).toEqual(summing.totals);
  });

  test('a round is not over because the first shard that is heard has nothing more to do', () => {
    const state = revive(training({ shards: 2 }));
    const done = { asked: 1, accepted: 1 };
    const { state: first } = after(state, reached(state, done));
    expect(first.phase).toBe('training');
    const { state: second } = after(first, reached(state, { asked: 3 }, 0, { shard: 1 }));
    expect(second.phase).toBe('training');
    const all = reached(state, { asked: 3, accepted: 3 }, 0, { shard: 1 });
    expect(after(second, all).state.phase).toBe('closing');
  });

  test('a shard may say again what it said: it counts once', () => {
    const state = training();
    const heard = after(state, reached(state, { asked: 4, accepted: 2 })).state;
    const again = after(revive(heard), reached(state, { asked: 4, accepted: 2 })).state;
    expect(publicState(again, null)).toEqual(publicState(heard, null));
  });

  test('a round to which nobody comes back ends at its deadline', () => {
    const { state } = after(revive(training()), clock(RULES.deadlineMs), sealed(1, { asked: 4 }));
    expect(state.phase).toBe('idle');
  });

  test('a wait for more volunteers starts over', () => {
    const waiting = after(idle(), start(1), here(2)).state;
    const { state } = after(revive(waiting), clock(waiting.deadline!));
    expect([state.phase, state.deadline]).toEqual(['gathering', null]);
  });

  test('nothing else is lost', () => {
    for (const state of [idle(), training(), closing(), finetuning()])
      expect({ ...revive(state), shards: [] }).toEqual({ ...state, shards: [] });
  });
});

describe('a version that is made live by hand', () => {
  test('between rounds is what the next one starts from', () => {
    const { state } = after(idle(), moved(7));
    expect([state.live, state.bases]).toEqual([7, [{ version: 7, weights: 'w7' }]]);
    expect(state.moved).toBeNull();
  });

  test.each([
    ['training', training({}, 2)],
    ['closing', closing({}, 2)],
    ['aggregating', aggregating({}, 2)],
    ['finetuning', finetuning({}, 2)],
  ])('while %s changes what is live, not what the open round starts from', (phase, state) => {
    // Its deltas are differences to the version that was handed out: added to another they are noise.
    const { state: next, effects } = after(state, moved(7));
    expect([next.phase, next.live, next.bases, effects]).toEqual([phase, 7, state.bases, []]);
  });

  test('while a round is open is what the next one starts from, when that one is abandoned', () => {
    const { state, effects } = after(
      training({}, 2),
      moved(7),
      clock(RULES.deadlineMs),
      sealed(1, { asked: 4, declined: 4 }),
    );
    expect(effects[0]).toMatchObject({
      outcome: { round: 1, outcome: 'abandoned', baseVersion: 1 },
    });
    expect([state.round, state.live, state.bases]).toEqual([2, 7, [{ version: 7, weights: 'w7' }]]);
  });

  test('or when its candidate is not promoted, whatever the judge would build on', () => {
    const { state, effects } = after(finetuning({}, 2), moved(7), judged(worse(8, 1)));
    expect(effects[0]).toMatchObject({ outcome: { baseVersion: 1, candidateVersion: 8 } });
    expect([state.round, state.live, state.bases]).toEqual([2, 7, [{ version: 7, weights: 'w7' }]]);
  });

  test('but not when its candidate was better than it', () => {
    const { state } = after(finetuning({}, 2), moved(7), judged(better(8)));
    expect([state.live, state.bases[0]?.version]).toEqual([8, 8]);
    // Nor ever after.
    const { state: end } = after(state, clock(state.deadline!), sealed(2, { asked: 4 }));
    expect([end.round, end.bases[0]?.version]).toEqual([2, 8]);
  });

  test('is the last of several', () => {
    const { state } = after(finetuning({}, 2), moved(7), moved(6), judged(worse(8, 1)));
    expect([state.live, state.bases[0]?.version]).toEqual([6, 6]);
  });
});

describe('the public state', () => {
  test('counts, and names nobody', () => {
    const state = training();
    const { state: next } = after(state, reached(state, { asked: 4, accepted: 1 }));
    expect(publicState(next, null)).toEqual({
      ...{ phase: 'training', round: 1, until: 1, version: 1, volunteers: 4, asked: 4 },
      ...{ accepted: 1, goal: 3, deadline: RULES.deadlineMs, serverProgress: null, notice: null },
    });
  });

  test('does not tell a round that is being closed from one that is summed up', () => {
    expect(publicState(closing(), null)).toMatchObject({ phase: 'aggregating', accepted: 3 });
    expect(publicState(aggregating(), null)).toMatchObject({ phase: 'aggregating', accepted: 3 });
  });

  test('keeps the counts of a round that is summed up, whatever the shards are at since', () => {
    const { state } = after(finetuning(), here(4));
    expect(publicState(state, null)).toMatchObject({ phase: 'finetuning', asked: 4, accepted: 3 });
    expect(publicState(idle(), null)).toMatchObject({ phase: 'idle', asked: 0, accepted: 0 });
  });

  test("has the server's progress only while the server works", () => {
    expect(publicState(begin(RULES), 0.5).serverProgress).toBe(0.5);
    expect(publicState(finetuning(), null).serverProgress).toBe(0);
    expect(publicState(idle(), 0.5).serverProgress).toBeNull();
    expect(publicState(after(training(), AGGREGATED).state, 0.5).serverProgress).toBeNull();
  });
});
