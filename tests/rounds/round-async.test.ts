/** Rounds that overlap: the next takes deltas while the server works on the one before. */
import { describe, expect, test } from 'vitest';
import { quotas, reduce, taking } from '../../shared/rounds/round.ts';
import {
  after,
  AGGREGATED,
  ASYNC,
  baseOf,
  better,
  clock,
  failed,
  judged,
  moved,
  reached,
  RULES,
  says,
  sealed,
  start,
  STOP,
  training,
  worse,
} from './events.ts';

const open = (rounds = 5) => training(ASYNC, rounds);
const GOAL = { asked: 6, accepted: 3, bytes: 300 };

/** The first round has its goal at 100, and its server works; the second takes deltas. */
function overlapping(rounds = 5) {
  const state = open(rounds);
  const shut = after(state, reached(state, GOAL, 100)).state;
  return after(
    shut,
    says({ round: 2, open: true, present: 4, working: 3, sealed: { round: 1, counts: GOAL } }, 110),
    AGGREGATED,
  ).state;
}

const versions = ({ bases }: { bases: readonly { version: number }[] }) =>
  bases.map(({ version }) => version);

describe('an asynchronous round', () => {
  test('closes with its goal, whoever is still at work, and the next takes deltas at once', () => {
    const state = open();
    const { state: shut, effects } = after(state, reached(state, GOAL, 100));
    expect([shut.phase, shut.round, shut.nextOpenedAt, effects]).toEqual(['closing', 1, 100, []]);
    expect([taking(shut), quotas(shut)]).toEqual([{ round: 2, open: true }, [4]]);
  });

  test('with too little and nobody there, all cut off by a restart, waits for them until the deadline', () => {
    const state = open();
    const alone = reached(state, { asked: 1, accepted: 1 }, 50, { present: 0 });
    const { state: waiting } = after(state, alone);
    expect([waiting.phase, waiting.deadline]).toEqual(['training', RULES.deadlineMs]);
    expect(after(waiting, clock(RULES.deadlineMs)).state.phase).not.toBe('training');
  });

  test('asks whoever has delivered again: its place is free', () => {
    const state = open();
    const counts = { asked: 4, accepted: 2 };
    const { state: next } = after(state, reached(state, counts, 0, { present: 4, spare: 2 }));
    expect([next.phase, quotas(next)]).toEqual(['training', [4]]);
  });

  test('asks no more when a shard that has not heard of the next has some at work already', () => {
    const state = training({ ...ASYNC, shards: 2 }, 5);
    const { state: shut } = after(
      state,
      reached(state, { asked: 5, accepted: 2 }, 0, { present: 6, spare: 3 }),
      reached(state, { asked: 2, accepted: 1 }, 0, { shard: 1, present: 6, spare: 5 }),
    );
    expect(taking(shut)).toEqual({ round: 2, open: true });
    expect(quotas(shut)).toEqual([3, 1]);
  });

  test('does not overlap with one that nobody asked for', () => {
    const state = open(1);
    const { state: shut } = after(state, reached(state, GOAL, 100));
    expect([shut.nextOpenedAt, taking(shut)]).toEqual([null, { round: 1, open: false }]);
  });

  test('nor when it has too few at its deadline', () => {
    const state = open();
    const one = after(state, reached(state, { asked: 4, accepted: 1 }, 100)).state;
    const { state: shut } = after(one, clock(RULES.deadlineMs));
    expect([shut.phase, shut.nextOpenedAt]).toEqual(['closing', null]);
  });

  test('nor when it is given up, whatever it has', () => {
    const state = open();
    const two = after(state, reached(state, { asked: 4, accepted: 2 }, 100)).state;
    const { state: shut } = after(two, failed('lost', 200));
    expect([shut.phase, shut.nextOpenedAt]).toEqual(['closing', null]);
  });

  test('is over at its deadline, with the minimum', () => {
    const state = open();
    const two = after(state, reached(state, { asked: 4, accepted: 2 }, 100)).state;
    const { state: shut } = after(two, clock(RULES.deadlineMs));
    expect([shut.phase, shut.nextOpenedAt]).toEqual(['closing', RULES.deadlineMs]);
  });

  test('does not hurry anyone: it closes instead', () => {
    const state = open();
    const { state: next } = after(state, reached(state, { asked: 4, accepted: 2 }, 100));
    expect(next.deadline).toBe(RULES.deadlineMs);
  });
});

describe('while the server works on the round before', () => {
  test('the next one goes on when it is judged, open since then', () => {
    const { state, effects } = after(overlapping(), judged(better(2), 500));
    expect([state.phase, state.round, state.openedAt, state.nextOpenedAt]).toEqual([
      'training',
      2,
      100,
      null,
    ]);
    expect(state.deadline).toBe(100 + RULES.deadlineMs);
    expect(effects).toMatchObject([
      { outcome: { round: 1, outcome: 'promoted', accepted: 3, openedAt: 0, closedAt: 500 } },
    ]);
  });

  test('the goal may be reached: then it closes as soon as it is its turn', () => {
    const state = overlapping();
    const full = after(state, reached(state, { asked: 6, accepted: 4 }, 200)).state;
    expect([full.phase, full.round]).toEqual(['finetuning', 1]);
    const { state: next } = after(full, judged(better(2), 500));
    expect([next.phase, next.round, next.nextOpenedAt]).toEqual(['closing', 2, 500]);
    expect(taking(next)).toEqual({ round: 3, open: true });
  });

  test('its deadline may pass: then the next alarm closes it', () => {
    const late = 100 + RULES.deadlineMs + 7;
    const { state } = after(overlapping(), judged(better(2), late));
    expect([state.phase, state.deadline]).toEqual(['training', late]);
    expect(after(state, clock(late)).state.phase).toBe('closing');
  });

  test('it goes on when that one fails', () => {
    const { state, effects } = after(overlapping(), failed('out of memory', 500));
    expect([state.phase, state.round, versions(state), state.settled]).toEqual([
      'training',
      2,
      [1],
      1,
    ]);
    expect(effects).toMatchObject([{ outcome: { round: 1, outcome: 'abandoned', closedAt: 500 } }]);
  });

  test('stop lets both end', () => {
    const state = after(overlapping(), STOP).state;
    expect([state.until, taking(state)]).toEqual([2, { round: 2, open: true }]);
    const next = after(state, judged(better(2), 500)).state;
    const shut = after(next, reached(next, GOAL, 600)).state;
    expect([shut.phase, shut.nextOpenedAt]).toEqual(['closing', null]);
    const end = after(shut, sealed(2, GOAL), AGGREGATED, judged(better(3))).state;
    expect([end.phase, end.round]).toEqual(['idle', 2]);
  });

  test('more rounds may be asked for, counted from the one that is worked on', () => {
    const { state } = after(overlapping(), STOP, start(3));
    expect([state.phase, state.until]).toEqual(['finetuning', 4]);
  });

  test('a report changes no phase', () => {
    const state = overlapping();
    const { state: next, effects } = after(state, reached(state, { asked: 9, accepted: 9 }, 300));
    expect([{ ...next, shards: [] }, effects]).toEqual([{ ...state, shards: [] }, []]);
    expect(reduce(state, clock(1e9)).state).toBe(state);
  });
});

describe('what deltas may start from', () => {
  test('are the newest versions, as many as may lie behind', () => {
    let state = overlapping(9);
    for (let version = 2; version <= 4; version++) {
      state = after(state, judged(better(version))).state;
      state = after(state, reached(state, GOAL)).state;
      state = after(state, sealed(state.round, GOAL), AGGREGATED).state;
    }
    expect(versions(state)).toEqual([4, 3, 2]);
  });

  test('a version that was not promoted, but is kept, follows the last', () => {
    expect(versions(after(overlapping(), judged(worse(2, 1))).state)).toEqual([2, 1]);
  });

  test('going back to an earlier one begins anew', () => {
    const kept = after(overlapping(), judged(worse(2, 1))).state;
    const shut = after(kept, reached(kept, GOAL), sealed(2, GOAL), AGGREGATED).state;
    expect(versions(after(shut, judged(worse(3, 1, 1))).state)).toEqual([1]);
  });

  test('the same as before, when the step is undone at once', () => {
    const state = overlapping();
    expect(after(state, judged(worse(2, 1, 1))).state.bases).toBe(state.bases);
  });

  test('only one version where none may lie behind, and in a synchronous round', () => {
    for (const rules of [{ ...ASYNC, maxStaleness: 0 }, {}]) {
      const state = training(rules, 5);
      const shut = after(state, reached(state, GOAL), clock(RULES.deadlineMs)).state;
      const next = after(shut, sealed(1, GOAL), AGGREGATED, judged(better(2))).state;
      expect(next.bases).toEqual([baseOf(2)]);
    }
  });
});

describe('a version that is made live by hand while rounds overlap', () => {
  test('lets the round that is worked on end as it would', () => {
    const { state } = after(overlapping(), moved(7));
    expect([state.phase, versions(state), state.live]).toEqual(['finetuning', [1], 7]);
  });

  test.each([
    ['is not promoted', judged(worse(2, 7))],
    ['fails', failed('lost')],
  ])('gives up the next when that one %s: its deltas start from another', (_, end) => {
    const { state, effects } = after(overlapping(), moved(7), end);
    expect([state.phase, state.round, versions(state), state.live]).toEqual(['closing', 2, [7], 7]);
    expect([state.givenUp, taking(state)]).toEqual([
      'another version was made live',
      { round: 2, open: false },
    ]);
    expect(effects).toMatchObject([{ outcome: { round: 1 } }]);
    const over = after(state, sealed(2, { asked: 4, accepted: 3 }));
    expect(over.effects).toMatchObject([
      { outcome: { round: 2, outcome: 'abandoned', reason: 'another version was made live' } },
    ]);
    expect([over.state.phase, over.state.round, versions(over.state)]).toEqual([
      'training',
      3,
      [7],
    ]);
  });

  test('changes nothing more when the candidate was better than it', () => {
    const { state } = after(overlapping(), moved(7), judged(better(8)));
    expect([state.phase, state.round, versions(state), state.live]).toEqual([
      'training',
      2,
      [8, 1],
      8,
    ]);
  });
});
