import { describe, expect, test } from 'vitest';
import {
  admission,
  begin,
  GATHER_MS,
  PATIENCE,
  reduce,
  resume,
  tally,
  type Verdict,
} from '../../shared/rounds/round.ts';
import {
  accepted,
  after,
  AGGREGATED,
  arrived,
  clock,
  declined,
  finetuning,
  FIRST,
  idle,
  judged,
  kinds,
  left,
  RULES,
  start,
  training,
} from './events.ts';

describe('a new project', () => {
  test('prepares its first version, and is then idle', () => {
    const fresh = begin(RULES);
    expect([fresh.phase, fresh.live, fresh.round]).toEqual(['preparing', 0, 0]);
    expect(resume(fresh)).toEqual([{ kind: 'finetune', weights: '' }]);
    const { state, effects } = after(fresh, judged(FIRST));
    expect([state.phase, state.live, state.base]).toEqual(['idle', 1, FIRST.base]);
    expect(effects).toEqual([]);
  });

  test('says what failed, and tries again', () => {
    const { state } = after(begin(RULES), { kind: 'failed', reason: 'no memory', now: 0 });
    expect([state.phase, state.notice]).toEqual(['preparing', 'no memory']);
    expect(resume(state)).toEqual([{ kind: 'finetune', weights: '' }]);
  });

  test('begins the rounds that were asked for meanwhile', () => {
    const waiting = after(begin(RULES), start(1), arrived('a'), arrived('b'), arrived('c'));
    expect([waiting.state.phase, waiting.effects]).toEqual(['preparing', []]);
    expect(after(waiting.state, judged(FIRST)).state.phase).toBe('training');
  });
});

describe('gathering', () => {
  test('waits for the minimum without a deadline, then a little for the goal', () => {
    const alone = after(idle(), start(1), arrived('a', 10)).state;
    expect([alone.phase, alone.deadline]).toEqual(['gathering', null]);
    const enough = after(alone, arrived('b', 20)).state;
    expect([enough.phase, enough.deadline]).toEqual(['gathering', 20 + GATHER_MS]);
    expect(after(enough, clock(19 + GATHER_MS)).state).toBe(enough);
    const { state, effects } = after(enough, clock(20 + GATHER_MS));
    expect([state.phase, state.round]).toEqual(['training', 1]);
    expect(effects).toEqual([{ kind: 'assign', volunteers: ['a', 'b'] }]);
  });

  test('does not wait once the goal is there', () => {
    const { state, effects } = after(idle(), start(1), arrived('a'), arrived('b'), arrived('c', 5));
    expect([state.phase, state.deadline, state.openedAt]).toEqual([
      'training',
      5 + RULES.deadlineMs,
      5,
    ]);
    expect(effects).toEqual([{ kind: 'assign', volunteers: ['a', 'b', 'c'] }]);
  });

  test('another volunteer does not prolong it; falling below the minimum ends the wait', () => {
    const enough = after(idle({ goal: 9 }), start(1), arrived('a'), arrived('b', 20)).state;
    expect(after(enough, arrived('c', 900)).state.deadline).toBe(20 + GATHER_MS);
    const few = after(enough, left('a', 900)).state;
    expect([few.phase, few.deadline]).toEqual(['gathering', null]);
  });

  test('stop ends it', () => {
    const { state } = after(idle(), start(5), arrived('a'), { kind: 'stop' });
    expect([state.phase, state.until, state.deadline]).toEqual(['idle', 0, null]);
  });
});

describe('training', () => {
  test('closes as soon as everyone asked has sent', () => {
    const { state, effects } = after(training(), accepted('a'), accepted('b'), accepted('c'));
    expect([state.phase, state.deadline, state.bytes]).toEqual(['aggregating', null, 300]);
    expect(effects).toEqual([{ kind: 'aggregate' }]);
  });

  test('at the deadline takes what the minimum allows, and dismisses the late', () => {
    const two = after(training(), accepted('a'), accepted('b')).state;
    const { state, effects } = after(two, clock(RULES.deadlineMs));
    expect(state.phase).toBe('aggregating');
    expect(effects).toEqual([
      { kind: 'dismiss', volunteers: ['c'], round: 1, reason: 'the deadline has passed' },
      { kind: 'aggregate' },
    ]);
  });

  test('at the deadline with too few is abandoned, with a reason that says how few', () => {
    const { state, effects } = after(
      training(),
      accepted('a'),
      declined('b'),
      clock(RULES.deadlineMs),
    );
    expect([state.phase, state.notice]).toEqual([
      'idle',
      '1 of at least 2 deltas came; 1 declined, 0 left',
    ]);
    expect(kinds(effects)).toEqual(['record', 'dismiss']);
    expect(effects[0]).toMatchObject({
      outcome: {
        round: 1,
        outcome: 'abandoned',
        asked: 3,
        accepted: 1,
        declined: 1,
        bytes: 100,
        candidateVersion: null,
      },
    });
  });

  test('the goal without the slowest: they get a quarter of the time the round took', () => {
    const three = after(
      training({ goal: 3 }),
      left('c', 10),
      arrived('d', 20),
      arrived('c', 30),
    ).state;
    const met = after(three, accepted('a', 400), accepted('b', 800), accepted('d', 800)).state;
    expect([met.phase, met.deadline]).toEqual(['training', 800 + PATIENCE * 800]);
    expect(after(met, clock(1000)).state.phase).toBe('aggregating');
  });

  test('a volunteer is counted once', () => {
    const once = after(training(), accepted('a')).state;
    expect(admission(once, 'a')).toBe('counted');
    expect(reduce(once, accepted('a'))).toEqual({ state: once, effects: [] });
    expect(reduce(once, declined('a')).state).toBe(once);
  });

  test('takes nothing from a volunteer who was not asked', () => {
    const state = training();
    expect([admission(state, 'a'), admission(state, 'x')]).toEqual(['open', 'not-asked']);
    expect(reduce(state, accepted('x')).state).toBe(state);
  });

  test('a late joiner fills the place of one who left or declined, and no other', () => {
    expect(after(training(), arrived('d')).effects).toEqual([]);
    for (const gone of [left('b'), declined('b')]) {
      const { state, effects } = after(training(), gone, arrived('d'), arrived('e'));
      expect(effects).toEqual([{ kind: 'assign', volunteers: ['d'] }]);
      expect(tally(state, 'asked')).toBe(3);
    }
  });

  test('one who comes back goes on', () => {
    const { state, effects } = after(training(), left('b'), arrived('b'));
    expect(effects).toEqual([{ kind: 'assign', volunteers: ['b'] }]);
    expect(admission(state, 'b')).toBe('open');
  });

  test('one who left may still send what was learnt, and one who has sent may leave', () => {
    const { state } = after(
      training(),
      left('b'),
      accepted('b'),
      accepted('a'),
      left('a'),
      accepted('c'),
    );
    expect([state.phase, tally(state, 'accepted')]).toEqual(['aggregating', 3]);
  });

  test('when all have left it waits for them until the deadline', () => {
    const empty = after(training(), left('a'), left('b'), left('c')).state;
    expect([empty.phase, empty.deadline]).toEqual(['training', RULES.deadlineMs]);
    expect(after(empty, clock(RULES.deadlineMs)).state.notice).toContain('0 of at least 2');
  });

  test('when all have declined it is over at once', () => {
    const { state, effects } = after(training(), declined('a'), declined('b'), declined('c'));
    expect([state.phase, kinds(effects)]).toEqual(['idle', ['record']]);
  });

  test('stop lets the open round end', () => {
    const { state, effects } = after(training({}, 5), { kind: 'stop' });
    expect([state.phase, state.until, effects]).toEqual(['training', 1, []]);
    const { state: end } = after(
      finetuning(5),
      { kind: 'stop' },
      judged({ ...FIRST, live: 2, candidateVersion: 2 }),
    );
    expect([end.phase, end.live]).toEqual(['idle', 2]);
  });
});

describe('after training', () => {
  const better: Verdict = {
    promoted: true,
    reason: null,
    candidateVersion: 2,
    live: 2,
    base: { version: 2, weights: 'w2' },
  };
  const worse: Verdict = {
    promoted: false,
    reason: 'worse',
    candidateVersion: 2,
    live: 1,
    base: { version: 1, weights: 'w1' },
  };

  test('the aggregate is fine-tuned, judged and recorded', () => {
    const { state, effects } = after(
      training(),
      accepted('a'),
      accepted('b'),
      accepted('c'),
      AGGREGATED,
    );
    expect([state.phase, state.candidate]).toEqual(['finetuning', 'sum']);
    expect(effects.at(-1)).toEqual({ kind: 'finetune', weights: 'sum' });
    const end = after(state, judged(better, 7));
    expect([end.state.phase, end.state.live, end.state.base.version, end.state.notice]).toEqual([
      'idle',
      2,
      2,
      null,
    ]);
    const counts = { asked: 3, accepted: 3, declined: 0, bytes: 300, openedAt: 0, closedAt: 7 };
    const outcome = {
      round: 1,
      outcome: 'promoted',
      reason: null,
      baseVersion: 1,
      candidateVersion: 2,
      ...counts,
    };
    expect(end.effects).toEqual([{ kind: 'record', outcome }]);
  });

  test('a candidate that was not promoted is recorded with its reason', () => {
    const { state, effects } = after(finetuning(), judged(worse));
    expect([state.live, state.notice]).toEqual([1, 'worse']);
    expect(effects).toMatchObject([
      { outcome: { outcome: 'not-promoted', reason: 'worse', candidateVersion: 2 } },
    ]);
  });

  test('the next round opens with whoever is there', () => {
    const { state, effects } = after(finetuning(2), judged(better));
    expect([state.phase, state.round, kinds(effects)]).toEqual([
      'training',
      2,
      ['record', 'assign'],
    ]);
    expect(tally(state, 'asked')).toBe(3);
  });

  test.each([
    ['aggregating', after(training(), accepted('a'), accepted('b'), accepted('c')).state],
    ['finetuning', finetuning()],
  ] as const)('a failure while %s abandons the round', (phase, state) => {
    expect(state.phase).toBe(phase);
    const end = after(state, { kind: 'failed', reason: 'out of memory', now: 9 });
    expect([end.state.phase, end.state.candidate, end.state.notice]).toEqual([
      'idle',
      null,
      'out of memory',
    ]);
    expect(end.effects).toMatchObject([
      { kind: 'record', outcome: { outcome: 'abandoned', closedAt: 9 } },
    ]);
  });

  test('answers that come too late change nothing', () => {
    const state = training();
    for (const event of [AGGREGATED, judged(better)])
      expect(reduce(state, event).state).toBe(state);
  });
});
