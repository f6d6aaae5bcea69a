import { describe, expect, test } from 'vitest';
import type { Problem } from '../../shared/api/problem.ts';
import { admit, admitNorm, NORM_LIMIT } from '../../shared/rounds/admit.ts';
import {
  accepted,
  after,
  declined,
  FIRST,
  finetuning,
  idle,
  judged,
  left,
  training,
} from './events.ts';

/** The number that a claim is refused with; undefined when it may be counted. */
function refusal(check: () => void): number | undefined {
  try {
    check();
  } catch (error) {
    return (error as Problem).code;
  }
  return undefined;
}

const claim = { volunteer: 'a', round: 1, version: 1 };

describe('a delta may be counted', () => {
  test.each([
    ['from who was asked', training()],
    ['from who left the line since', after(training(), left('a')).state],
    ['from who first said there was nothing to teach', after(training(), declined('a')).state],
  ])('%s', (_, state) => {
    expect(refusal(() => admit(state, claim))).toBeUndefined();
  });
});

describe('a delta is refused', () => {
  const second = after(finetuning(2), judged({ ...FIRST, live: 2, candidateVersion: 2 })).state;

  test.each([
    ['of a round that nobody opened', 411, training(), { ...claim, round: 2 }],
    ['of no round at all', 411, training(), { ...claim, round: Number.NaN }],
    ['of a round before the first', 411, training(), { ...claim, round: 0 }],
    ['of any round before one was opened', 411, idle(), claim],
    ['of a round that is over', 407, second, claim],
    ['after the round was closed', 407, finetuning(), { ...claim, volunteer: 'x' }],
    ['that is the second of its volunteer', 406, after(training(), accepted('a')).state, claim],
    ['that is the second, even after the round was closed', 406, finetuning(), claim],
    ['of who was not asked', 408, training(), { ...claim, volunteer: 'x' }],
    ['that starts from another version', 409, training(), { ...claim, version: 7 }],
  ])('%s: %d', (_, code, state, made) => {
    expect(refusal(() => admit(state, made))).toBe(code);
  });

  test('that is larger than any honest one: 405', () => {
    expect(refusal(() => admitNorm(NORM_LIMIT))).toBeUndefined();
    expect(refusal(() => admitNorm(NORM_LIMIT * 1.01))).toBe(405);
    expect(refusal(() => admitNorm(Infinity))).toBe(405);
  });

  test('whose norm is not even a number: 405', () => {
    expect(refusal(() => admitNorm(Number.NaN))).toBe(405);
  });
});
