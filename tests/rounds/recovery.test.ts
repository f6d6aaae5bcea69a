/** What an object that is torn down finds again, a version that moves by hand, what everyone may see. */
import { describe, expect, test } from 'vitest';
import {
  begin,
  publicState,
  resume,
  revive,
  tally,
  type Event,
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
  RULES,
  start,
  training,
} from './events.ts';

const aggregating = (rounds = 1) =>
  after(training({}, rounds), accepted('a'), accepted('b'), accepted('c')).state;

describe('after a tear-down', () => {
  test('what was under way is done again', () => {
    expect(resume(begin(RULES))).toEqual([{ kind: 'finetune', weights: '' }]);
    expect(resume(aggregating())).toEqual([{ kind: 'aggregate' }]);
    expect(resume(finetuning())).toEqual([{ kind: 'finetune', weights: 'sum' }]);
    for (const state of [idle(), training()]) expect(resume(state)).toEqual([]);
  });

  test('the sockets are gone, and whoever comes back is asked again', () => {
    const state = revive(training());
    expect([state.present, tally(state, 'asked')]).toEqual([[], 3]);
    const back = after(state, arrived('a'));
    expect(back.effects).toEqual([{ kind: 'assign', volunteers: ['a'] }]);
    expect(tally(back.state, 'asked')).toBe(3);
  });

  test('a round to which nobody comes back ends at its deadline', () => {
    const { state } = after(revive(training()), clock(RULES.deadlineMs));
    expect(state.phase).toBe('idle');
  });

  test('a wait for more volunteers starts over', () => {
    const waiting = after(idle(), start(1), arrived('a'), arrived('b')).state;
    const { state } = after(revive(waiting), clock(waiting.deadline!));
    expect([state.phase, state.deadline]).toEqual(['gathering', null]);
  });
});

describe('a version that is made live by hand', () => {
  const moved: Event = { kind: 'moved', version: 7, weights: 'w7' };
  const worse = {
    ...FIRST,
    promoted: false,
    reason: 'worse',
    candidateVersion: 8,
    live: 7,
    base: { version: 8, weights: 'w8' },
  };

  test('between rounds is what the next one starts from', () => {
    const { state } = after(idle(), moved);
    expect([state.live, state.base]).toEqual([7, { version: 7, weights: 'w7' }]);
  });

  test.each([
    ['training', training({}, 2)],
    ['aggregating', aggregating(2)],
    ['finetuning', finetuning(2)],
  ])('while %s changes what is live, not what the open round starts from', (phase, state) => {
    // Its deltas are differences to the version that was handed out: added to another they are noise.
    const { state: next, effects } = after(state, moved);
    expect([next.phase, next.live, next.base, effects]).toEqual([phase, 7, state.base, []]);
  });

  test('while a round is open is what the next one starts from, when that one is abandoned', () => {
    const { state, effects } = after(
      training({}, 2),
      moved,
      ...['a', 'b', 'c'].map((id) => declined(id)),
    );
    expect(effects[0]).toMatchObject({
      outcome: { round: 1, outcome: 'abandoned', baseVersion: 1 },
    });
    expect([state.round, state.live, state.base]).toEqual([2, 7, { version: 7, weights: 'w7' }]);
  });

  test('or when its candidate is not promoted, whatever the judge would build on', () => {
    const { state, effects } = after(finetuning(2), moved, judged(worse));
    expect(effects[0]).toMatchObject({ outcome: { baseVersion: 1, candidateVersion: 8 } });
    expect([state.round, state.live, state.base]).toEqual([2, 7, { version: 7, weights: 'w7' }]);
  });

  test('but not when its candidate was better than it', () => {
    const better = { ...FIRST, candidateVersion: 8, live: 8, base: { version: 8, weights: 'w8' } };
    const { state } = after(finetuning(2), moved, judged(better));
    expect([state.live, state.base.version]).toEqual([8, 8]);
    // Nor ever after.
    const ended = ['a', 'b', 'c'].map((id) => declined(id));
    expect(after(state, ...ended).state.base.version).toBe(8);
  });
});

describe('the public state', () => {
  test('counts, and names nobody', () => {
    const { state } = after(training(), accepted('a'), arrived('x'));
    expect(publicState(state, null)).toEqual({
      ...{
        phase: 'training',
        round: 1,
        until: 1,
        version: 1,
        volunteers: 4,
        asked: 3,
        accepted: 1,
      },
      ...{ goal: 3, deadline: RULES.deadlineMs, serverProgress: null, notice: null },
    });
  });

  test("has the server's progress only while the server works", () => {
    expect(publicState(begin(RULES), 0.5).serverProgress).toBe(0.5);
    expect(publicState(finetuning(), null).serverProgress).toBe(0);
    expect(publicState(idle(), 0.5).serverProgress).toBeNull();
    expect(publicState(after(training(), AGGREGATED).state, 0.5).serverProgress).toBeNull();
  });
});
