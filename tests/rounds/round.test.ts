import { describe, expect, test } from 'vitest';
import {
  begin,
  counted,
  dueAt,
  GATHER_MS,
  GRACE_MS,
  PATIENCE,
  presence,
  quotas,
  reduce,
  resume,
  taking,
} from '../../shared/rounds/round.ts';
import {
  after,
  aggregating,
  AGGREGATED,
  better,
  clock,
  closing,
  failed,
  finetuning,
  FIRST,
  here,
  idle,
  judged,
  kinds,
  reached,
  RULES,
  says,
  sealed,
  start,
  STOP,
  training,
  worse,
} from './events.ts';

describe('a new project', () => {
  test('prepares its first version, and is then idle', () => {
    const fresh = begin(RULES);
    expect([fresh.phase, fresh.live, fresh.round, fresh.bases]).toEqual(['preparing', 0, 0, []]);
    expect(resume(fresh)).toEqual([{ kind: 'finetune', weights: '' }]);
    const { state, effects } = after(fresh, judged(FIRST));
    expect([state.phase, state.live, state.bases]).toEqual(['idle', 1, [FIRST.base]]);
    expect(effects).toEqual([]);
  });

  test('says what failed, and tries again', () => {
    const { state } = after(begin(RULES), failed('no memory'));
    expect([state.phase, state.notice]).toEqual(['preparing', 'no memory']);
    expect(resume(state)).toEqual([{ kind: 'finetune', weights: '' }]);
  });

  test('begins the rounds that were asked for meanwhile', () => {
    const waiting = after(begin(RULES), start(1), here(3));
    expect([waiting.state.phase, waiting.effects]).toEqual(['preparing', []]);
    expect(after(waiting.state, judged(FIRST)).state.phase).toBe('training');
  });
});

describe('what a shard says', () => {
  test('is believed when it is the newest, and not when it was overtaken or doubled', () => {
    const heard = after(idle(), says({ stamp: 5, present: 2 })).state;
    for (const stamp of [4, 5])
      expect(reduce(heard, says({ stamp, present: 1 })).state).toBe(heard);
    expect(presence(after(heard, says({ stamp: 6, present: 1 })).state)).toBe(1);
  });

  test('is ignored when there is no such shard', () => {
    const state = idle();
    expect(reduce(state, says({ shard: 1, present: 9 })).state).toBe(state);
  });

  test('adds up over all shards, as far as it is of the round', () => {
    const state = training({ shards: 3 });
    const { state: two } = after(
      state,
      reached(state, { asked: 4, accepted: 2, bytes: 200 }),
      reached(state, { asked: 3, accepted: 1, bytes: 100, declined: 1 }, 0, { shard: 1 }),
      says({ shard: 2, round: 0, present: 5, counts: { asked: 9 } }),
    );
    expect(counted(two)).toEqual({ asked: 7, accepted: 3, declined: 1, left: 0, bytes: 300 });
    expect(presence(two)).toBe(12);
  });
});

describe('gathering', () => {
  test('waits for the minimum without a deadline, then a little for the goal', () => {
    const alone = after(idle(), start(1), here(1, 10)).state;
    expect([alone.phase, alone.deadline]).toEqual(['gathering', null]);
    const enough = after(alone, here(2, 20)).state;
    expect([enough.phase, enough.deadline]).toEqual(['gathering', 20 + GATHER_MS]);
    expect(after(enough, clock(19 + GATHER_MS)).state).toBe(enough);
    const { state, effects } = after(enough, clock(20 + GATHER_MS));
    expect([state.phase, state.round, effects]).toEqual(['training', 1, []]);
    expect(state.deadline).toBe(20 + GATHER_MS + RULES.deadlineMs);
  });

  test('does not wait once the goal is there, whichever shards it is in', () => {
    const two = after(idle({ shards: 2 }), start(1), here(1, 0), here(1, 3, 1)).state;
    expect(two.phase).toBe('gathering');
    const { state } = after(two, here(2, 5, 1));
    expect([state.phase, state.deadline, state.openedAt]).toEqual([
      'training',
      5 + RULES.deadlineMs,
      5,
    ]);
  });

  test('another volunteer does not prolong it; falling below the minimum ends the wait', () => {
    const enough = after(idle({ goal: 9 }), start(1), here(2, 20)).state;
    expect(after(enough, here(3, 900)).state.deadline).toBe(20 + GATHER_MS);
    const few = after(enough, here(1, 900)).state;
    expect([few.phase, few.deadline]).toEqual(['gathering', null]);
  });

  test('stop ends it', () => {
    const { state } = after(idle(), start(5), here(1), STOP);
    expect([state.phase, state.until, state.deadline]).toEqual(['idle', 0, null]);
  });
});

describe('while a round is open', () => {
  test('more are asked than it needs', () => {
    expect(quotas(after(idle(), start(1), here(9)).state)).toEqual([4]);
    expect(quotas(idle())).toEqual([0]);
    expect(quotas(closing())).toEqual([0]);
  });

  test('who has delivered keeps its place, who declined or left does not', () => {
    const state = training();
    const counts = { asked: 4, accepted: 1, declined: 1, left: 1 };
    const { state: next } = after(state, reached(state, counts, 0, { spare: 9, present: 12 }));
    // One at work and one that delivered; two more may be asked.
    expect(quotas(next)).toEqual([4]);
    const none = after(state, reached(state, counts, 0, { spare: 0 })).state;
    expect(quotas(none)).toEqual([2]);
  });

  test('it closes as soon as everyone asked has sent, and is summed up once the shard says so', () => {
    const state = training();
    const counts = { asked: 4, accepted: 4, bytes: 400 };
    const shut = after(state, reached(state, counts, 70));
    expect([shut.state.phase, shut.state.deadline, shut.state.lastMs]).toEqual([
      'closing',
      null,
      70,
    ]);
    expect([shut.effects, taking(shut.state)]).toEqual([[], { round: 1, open: false }]);
    const { state: end, effects } = after(shut.state, sealed(1, counts));
    expect([end.phase, end.totals.accepted, end.totals.bytes]).toEqual(['aggregating', 4, 400]);
    expect(effects).toEqual([{ kind: 'aggregate' }]);
  });

  test('what was acknowledged until a shard heard of the end counts', () => {
    const { state } = after(closing(), sealed(1, { asked: 4, accepted: 4, bytes: 400 }));
    expect(state.totals).toMatchObject({ accepted: 4, bytes: 400 });
  });

  test('nothing is decided before every shard has sealed it', () => {
    const { state } = after(
      closing({ shards: 3 }),
      sealed(1, { accepted: 2 }),
      sealed(1, { accepted: 1 }, 0, 2),
      // Of the round before; and one that is not through.
      sealed(0, {}, 0, 1),
      says({ shard: 1, round: 1, open: true, counts: { accepted: 9 } }),
    );
    expect(state.phase).toBe('closing');
    const end = after(state, sealed(1, {}, 0, 1));
    expect([end.state.phase, end.state.totals.accepted]).toEqual(['aggregating', 3]);
  });

  test('it waits for a shard that has volunteers and has not heard of it yet', () => {
    const open = after(idle({ shards: 2 }), start(1), here(3), here(2, 0, 1)).state;
    const done = reached(open, { asked: 2, accepted: 2 });
    expect(after(open, done).state.phase).toBe('training');
    expect(after(open, here(0, 0, 1), done).state.phase).toBe('closing');
  });

  test('it waits while somebody may still be asked', () => {
    const state = training();
    const counts = { asked: 3, accepted: 3 };
    const { state: next } = after(state, reached(state, counts, 0, { spare: 1, present: 4 }));
    expect(next.phase).toBe('training');
  });

  test('before anyone is asked it is not over', () => {
    const { state } = after(idle(), start(1), here(3), here(0));
    expect(state.phase).toBe('training');
    expect(after(state, clock(RULES.deadlineMs)).state.phase).toBe('closing');
  });

  test('the goal without the slowest: they get a quarter of the time the round took', () => {
    const state = training();
    const met = after(state, reached(state, { asked: 4, accepted: 3 }, 800)).state;
    expect([met.phase, met.deadline]).toEqual(['training', 800 + PATIENCE * 800]);
    // What comes later does not prolong it.
    const more = after(met, reached(met, { asked: 4, accepted: 3 }, 900)).state;
    expect(more.deadline).toBe(1000);
    expect(after(more, clock(999)).state).toBe(more);
    expect(after(more, clock(1000)).state.phase).toBe('closing');
  });

  test('the goal late does not prolong it either', () => {
    const state = training();
    const late = RULES.deadlineMs - 10;
    const { state: next } = after(state, reached(state, { asked: 4, accepted: 3 }, late));
    expect(next.deadline).toBe(RULES.deadlineMs);
  });

  test('has its deadline on a whole millisecond', () => {
    // An alarm rings on whole ones. In the middle of one it rang too early, was set again to the
    // time at which it was ringing, and workerd forgot it: the round never closed.
    const state = training();
    for (let now = 1; now <= 8; now++) {
      const { deadline } = after(state, reached(state, { asked: 4, accepted: 3 }, now)).state;
      expect(deadline).toSatisfy(Number.isInteger);
      expect(deadline).toBeLessThan(RULES.deadlineMs);
    }
  });

  test('when all have declined it is over at once, and says so', () => {
    const state = training();
    const shut = after(state, reached(state, { asked: 4, declined: 4 }, 5)).state;
    expect(shut.phase).toBe('closing');
    const { state: end, effects } = after(shut, sealed(1, { asked: 4, declined: 4 }, 6));
    expect([end.phase, end.notice, end.settled]).toEqual([
      'idle',
      '0 of at least 2 deltas came; 4 declined, 0 left',
      1,
    ]);
    expect(effects).toMatchObject([{ outcome: { outcome: 'abandoned', closedAt: 6 } }]);
  });

  test('when all have left it waits for them until the deadline', () => {
    const state = training();
    const counts = { asked: 4, accepted: 1, left: 3, bytes: 100 };
    const empty = after(state, reached(state, counts)).state;
    expect([empty.phase, dueAt(empty)]).toEqual(['training', RULES.deadlineMs]);
    const end = after(empty, clock(RULES.deadlineMs), sealed(1, counts, 60_001));
    expect(end.state.notice).toBe('1 of at least 2 deltas came; 0 declined, 3 left');
    const outcome = {
      ...{ round: 1, outcome: 'abandoned', baseVersion: 1, candidateVersion: null },
      aggregate: null,
      ...{ asked: 4, accepted: 1, declined: 0, bytes: 100, openedAt: 0, closedAt: 60_001 },
      reason: end.state.notice,
    };
    expect(end.effects).toEqual([{ kind: 'record', outcome }]);
  });

  test('where there is enough it waits a little for those who left', () => {
    const state = training();
    const counts = { asked: 4, accepted: 2, left: 2 };
    const gone = after(state, reached(state, counts, 50)).state;
    expect([gone.phase, dueAt(gone)]).toEqual(['training', 50 + GRACE_MS]);
    // What else happens meanwhile does not prolong it.
    const still = after(gone, reached(gone, counts, 60)).state;
    expect(after(still, clock(49 + GRACE_MS)).state).toBe(still);
    expect(after(still, clock(50 + GRACE_MS)).state.phase).toBe('closing');
    expect(after(still, reached(state, { asked: 4, accepted: 4 }, 70)).state.phase).toBe('closing');
  });

  test('and no longer when one is back: then it waits for the deadline again', () => {
    const state = training();
    const { state: back } = after(
      state,
      reached(state, { asked: 4, accepted: 2, left: 2 }, 50),
      reached(state, { asked: 4, accepted: 2, left: 1 }, 60),
    );
    expect([back.grace, dueAt(back)]).toEqual([null, RULES.deadlineMs]);
  });

  test('nor beyond the deadline', () => {
    const state = training();
    const late = RULES.deadlineMs - 1;
    const { state: gone } = after(state, reached(state, { asked: 4, accepted: 2, left: 2 }, late));
    expect(dueAt(gone)).toBe(RULES.deadlineMs);
    expect(after(gone, clock(RULES.deadlineMs)).state).toMatchObject({
      phase: 'closing',
      grace: null,
    });
  });

  test('at the deadline it takes what the minimum allows', () => {
    const state = training();
    const two = after(state, reached(state, { asked: 4, accepted: 2 })).state;
    expect(after(two, clock(RULES.deadlineMs - 1)).state).toBe(two);
    const { state: end } = after(
      two,
      clock(RULES.deadlineMs),
      sealed(1, { asked: 4, accepted: 2 }),
    );
    expect(end.phase).toBe('aggregating');
  });

  test('stop lets it end, and no other begins', () => {
    const { state, effects } = after(training({}, 5), STOP);
    expect([state.phase, state.until, effects]).toEqual(['training', 1, []]);
    const end = after(finetuning({}, 5), STOP, judged(better(2))).state;
    expect([end.phase, end.live]).toEqual(['idle', 2]);
  });

  test('more rounds may be asked for', () => {
    const { state } = after(training({}, 5), STOP, start(2));
    expect([state.phase, state.until]).toEqual(['training', 3]);
  });
});

describe('after training', () => {
  test('the aggregate is fine-tuned, and its deltas may go', () => {
    const { state, effects } = after(aggregating(), AGGREGATED);
    expect([state.phase, state.candidate, state.settled]).toEqual(['finetuning', 'sum', 1]);
    expect(effects).toEqual([{ kind: 'finetune', weights: 'sum' }]);
    expect(aggregating().settled).toBe(0);
  });

  test('it is judged and recorded', () => {
    const end = after(finetuning(), judged(better(2), 70_000));
    expect([end.state.phase, end.state.live, end.state.notice]).toEqual(['idle', 2, null]);
    expect(end.state.bases).toEqual([{ version: 2, weights: 'w2' }]);
    const outcome = {
      ...{ round: 1, outcome: 'promoted', reason: null, baseVersion: 1, candidateVersion: 2 },
      aggregate: 'sum',
      ...{ asked: 4, accepted: 3, declined: 0, bytes: 300, openedAt: 0, closedAt: 70_000 },
    };
    expect(end.effects).toEqual([{ kind: 'record', outcome }]);
  });

  test('one that is kept is what the next round starts from; one that is undone is not', () => {
    const kept = after(finetuning(), judged(worse(2, 1)));
    expect([kept.state.live, kept.state.bases[0]?.version, kept.state.notice]).toEqual([
      1,
      2,
      'worse',
    ]);
    expect(kept.effects).toMatchObject([
      { outcome: { outcome: 'not-promoted', reason: 'worse', candidateVersion: 2 } },
    ]);
    const undone = after(finetuning(), judged(worse(2, 1, 1))).state;
    expect([undone.live, undone.bases]).toEqual([1, [FIRST.base]]);
  });

  test('the next round opens with whoever is there', () => {
    const { state, effects } = after(finetuning({}, 2), judged(better(2), 80));
    expect([state.phase, state.round, state.openedAt, kinds(effects)]).toEqual([
      'training',
      2,
      80,
      ['record'],
    ]);
    expect([counted(state).asked, state.candidate, state.totals.asked]).toEqual([0, null, 0]);
  });

  test('or waits until enough are', () => {
    const { state } = after(finetuning({}, 2), here(1), judged(better(2)));
    expect([state.phase, state.round]).toEqual(['gathering', 1]);
  });
});

describe('a failure', () => {
  test.each([
    ['aggregating', aggregating()],
    ['finetuning', finetuning()],
  ] as const)('while %s abandons the round', (phase, state) => {
    expect(state.phase).toBe(phase);
    const end = after(state, failed('out of memory', 9));
    expect([end.state.phase, end.state.candidate, end.state.notice]).toEqual([
      'idle',
      null,
      'out of memory',
    ]);
    expect([end.state.settled, end.state.bases]).toEqual([1, [FIRST.base]]);
    expect(end.effects).toMatchObject([
      { outcome: { outcome: 'abandoned', accepted: 3, bytes: 300, closedAt: 9 } },
    ]);
  });

  test('while training closes the round first: what was acknowledged is told', () => {
    const shut = after(training(), failed('out of memory'));
    expect([shut.state.phase, shut.state.givenUp, shut.effects]).toEqual([
      'closing',
      'out of memory',
      [],
    ]);
    const { state, effects } = after(shut.state, sealed(1, { asked: 4, accepted: 3 }));
    expect([state.phase, state.notice]).toEqual(['idle', 'out of memory']);
    expect(effects).toMatchObject([
      { outcome: { outcome: 'abandoned', reason: 'out of memory', accepted: 3 } },
    ]);
  });

  test('while closing ends the round without the shards that do not answer', () => {
    const one = after(closing({ shards: 2 }), sealed(1, { asked: 4, accepted: 3 })).state;
    const { state, effects } = after(one, failed('a shard does not answer', 9));
    expect([state.phase, state.settled]).toEqual(['idle', 1]);
    expect(effects).toMatchObject([{ outcome: { outcome: 'abandoned', accepted: 3 } }]);
  });

  test('does not stick to the next round', () => {
    const { state } = after(
      training({}, 2),
      failed('out of memory'),
      sealed(1, { asked: 4, accepted: 3 }),
    );
    expect([state.phase, state.round, state.givenUp]).toEqual(['training', 2, null]);
  });

  test.each([
    ['idle', idle()],
    ['gathering', after(idle(), start(1)).state],
  ] as const)('while %s is only said', (phase, state) => {
    const { state: next, effects } = after(state, failed('lost'));
    expect([next, effects]).toEqual([{ ...state, phase, notice: 'lost' }, []]);
  });
});

describe('answers that nobody waits for', () => {
  test.each([
    ['idle', idle()],
    ['training', training()],
    ['closing', closing()],
  ])('change nothing while %s', (_, state) => {
    for (const event of [AGGREGATED, judged(better(2))])
      expect(reduce(state, event)).toEqual({ state, effects: [] });
  });

  test('nor does work that was done twice', () => {
    const { state } = after(finetuning(), here(4));
    expect(reduce(state, AGGREGATED).state).toBe(state);
    const summing = aggregating();
    expect(reduce(summing, judged(better(2))).state).toBe(summing);
  });
});
