import { describe, expect, test } from 'vitest';
import { Problem } from '../../shared/api/problem.ts';
import { admit, admitNorm, NORM_LIMIT } from '../../shared/rounds/admit.ts';
import { beginCohort } from '../../shared/rounds/cohort.ts';
import { accepted, afterwards, asking, declined, left, ordered } from './cohorts.ts';
import { baseOf } from './events.ts';

/** What a claim is refused with; undefined when it may be counted. */
function refusal(check: () => unknown): Problem | undefined {
  try {
    check();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return undefined;
}

const claim = { volunteer: 'a', round: 1, version: 1 };
const closed = afterwards(asking(), accepted('b'), ordered({ open: false })).cohort;
const second = afterwards(closed, ordered({ round: 2, bases: [baseOf(2)] })).cohort;

describe('a delta may be counted', () => {
  test.each([
    ['from who was asked', asking()],
    ['from who left the line since', afterwards(asking(), left('a')).cohort],
    ['from who first said there was nothing to teach', afterwards(asking(), declined('a')).cohort],
  ])('%s', (_, cohort) => {
    expect(admit(cohort, claim)).toBe(0);
  });
});

describe('a delta is refused', () => {
  test.each([
    ['of a round that nobody opened', 411, asking(), { ...claim, round: 2 }],
    ['of no round at all', 411, asking(), { ...claim, round: Number.NaN }],
    ['of a round before the first', 411, asking(), { ...claim, round: 0 }],
    ['of any round before one was opened', 411, beginCohort('sync'), claim],
    ['of a round that is over', 407, second, claim],
    ['of who has sent one, in a round that is over', 407, second, { ...claim, volunteer: 'b' }],
    ['after the round was closed', 407, closed, claim],
    [
      'of who was not even asked, after the round was closed',
      407,
      closed,
      { ...claim, volunteer: 'x' },
    ],
    ['that is the second of its volunteer', 406, afterwards(asking(), accepted('a')).cohort, claim],
    [
      'that is the second, even after the round was closed',
      406,
      closed,
      { ...claim, volunteer: 'b' },
    ],
    ['of who was not asked', 408, asking(), { ...claim, volunteer: 'x' }],
    ['that starts from another version', 409, asking(), { ...claim, version: 7 }],
  ])('%s: %d', (_, code, cohort, made) => {
    expect(refusal(() => admit(cohort, made))?.code).toBe(code);
  });

  test('that is larger than any honest one: 405', () => {
    expect(refusal(() => admitNorm(NORM_LIMIT))).toBeUndefined();
    for (const norm of [NORM_LIMIT * 1.01, Infinity, Number.NaN])
      expect(refusal(() => admitNorm(norm))?.code).toBe(405);
  });
});

describe('where rounds overlap', () => {
  const bases = [3, 2, 1].map(baseOf);
  const next = { round: 2, bases };
  /** Asked in the first round, from version 1; it is the second now, and two versions later. */
  const behind = afterwards(asking('async'), ordered(next)).cohort;

  test('a delta of the round before counts, and lies so many versions behind', () => {
    expect(admit(behind, claim)).toBe(2);
    const { cohort } = afterwards(behind, accepted('a'));
    expect(admit(cohort, { volunteer: 'a', round: 2, version: 3 })).toBe(0);
  });

  test('but not twice, also when its volunteer has been asked for another', () => {
    const { cohort } = afterwards(behind, accepted('a'));
    expect(refusal(() => admit(cohort, claim))?.code).toBe(407);
    const alone = afterwards(behind, ordered({ ...next, quota: 0 }), accepted('a')).cohort;
    expect(refusal(() => admit(alone, claim))?.code).toBe(406);
  });

  test.each([
    ['that is too stale, with the weights to go on from', 413, asking('async'), { version: 9 }],
    ['from who was not asked', 408, behind, { volunteer: 'x' }],
    [
      'of a round that did not ask, from who is still at work on an older',
      408,
      behind,
      { round: 2 },
    ],
    ['of a version that its volunteer was not given', 409, behind, { version: 2 }],
    ['of a round that nobody opened', 411, behind, { round: 3 }],
  ])('a delta is refused %s: %d', (_, code, cohort, part) => {
    expect(refusal(() => admit(cohort, { ...claim, ...part }))?.code).toBe(code);
  });

  test('one that was let go as too stale is told the weights to go on from', () => {
    const { cohort } = afterwards(
      behind,
      ordered({ ...next, bases: [4, 3].map(baseOf), quota: 0 }),
    );
    const problem = refusal(() => admit(cohort, claim));
    expect([problem?.code, problem?.hints]).toEqual([413, { weights: '/v1/weights/w4' }]);
  });

  test('nothing counts when no round is open', () => {
    const { cohort } = afterwards(behind, ordered({ ...next, open: false }));
    expect(refusal(() => admit(cohort, claim))?.code).toBe(407);
  });
});
