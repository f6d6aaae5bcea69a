/** A shard where rounds overlap: who is at work stays so from one to the next, while it can count. */
import { describe, expect, test } from 'vitest';
import { reportOf } from '../../shared/rounds/cohort.ts';
import { NOTHING } from '../../shared/rounds/orders.ts';
import {
  accepted,
  afterwards,
  arrived,
  asking,
  assignments,
  declined,
  left,
  ordered,
  who,
} from './cohorts.ts';
import { baseOf, kinds } from './events.ts';

const async = (volunteers = ['a', 'b', 'c'], quota = 3) => asking('async', volunteers, { quota });

/** The second round, whose volunteers may start from these. */
const second = (versions = [2, 1], quota = 3) =>
  ordered({ round: 2, bases: versions.map(baseOf), quota });

describe('within a round', () => {
  test('who has delivered is asked again at once', () => {
    const { cohort, effects } = afterwards(async(), accepted('a', 70));
    expect(assignments(effects)).toEqual([['a', 1, 1]]);
    expect([who(cohort, 'asked'), cohort.members['a']?.place]).toEqual([['a', 'b', 'c'], 3]);
    expect(reportOf(cohort).counts).toEqual({ ...NOTHING, asked: 4, accepted: 1, bytes: 70 });
  });

  test('but behind those who wait longer', () => {
    const { effects } = afterwards(async(['a', 'b', 'c', 'd'], 2), accepted('a'), accepted('b'));
    expect(assignments(effects)).toEqual([
      ['c', 1, 1],
      ['d', 1, 1],
    ]);
  });

  test('not one that is gone, nor one that declined', () => {
    const gone = afterwards(async(), left('a'), accepted('a'));
    expect([gone.effects, gone.cohort.counts.accepted]).toEqual([[], 1]);
    const none = afterwards(async(), declined('b'), accepted('a'));
    expect(assignments(none.effects)).toEqual([['a', 1, 1]]);
    expect(reportOf(none.cohort)).toMatchObject({ working: 2, spare: 0 });
  });

  test('every delta counts, of the same volunteer too', () => {
    const { cohort } = afterwards(async(), accepted('a'), accepted('a'), accepted('a'));
    expect(reportOf(cohort)).toMatchObject({ working: 3, counts: { asked: 6, accepted: 3 } });
  });
});

describe('into the next round', () => {
  test('who is at work goes on undisturbed; nobody new is asked', () => {
    const before = afterwards(async(), accepted('a'), left('c')).cohort;
    const { cohort, effects } = afterwards(before, second([2, 1], 2));
    expect(effects).toEqual([]);
    expect(cohort.members).toEqual({
      a: { as: 'asked', round: 1, version: 1, place: 3 },
      b: { as: 'asked', round: 1, version: 1, place: 1 },
      c: { as: 'left', round: 1, version: 1, place: 2 },
    });
    expect(cohort.sealed).toEqual({
      round: 1,
      counts: { asked: 4, accepted: 1, declined: 0, left: 1, bytes: 100 },
    });
    expect(reportOf(cohort)).toMatchObject({
      counts: { asked: 3, accepted: 0, left: 1, bytes: 0 },
      working: 2,
    });
  });

  test('its delta counts there, and then it starts from the newest version', () => {
    const { cohort } = afterwards(async(), second());
    const { cohort: next, effects } = afterwards(cohort, accepted('a'));
    expect(next.counts.accepted).toBe(1);
    expect(assignments(effects)).toEqual([['a', 2, 2]]);
  });

  test('who declined may be asked again', () => {
    const before = afterwards(async(), declined('a')).cohort;
    const { effects } = afterwards(before, second());
    expect(assignments(effects)).toEqual([['a', 2, 2]]);
  });

  test('who comes back goes on from where it was', () => {
    const away = afterwards(async(), left('a'), second([2, 1], 2)).cohort;
    expect(assignments(afterwards(away, ...arrived('a')).effects)).toEqual([['a', 1, 1]]);
  });

  test('a decline is of the round that it was asked in', () => {
    const { cohort } = afterwards(async(), second());
    expect(afterwards(cohort, declined('a', 2)).cohort).toBe(cohort);
    expect(afterwards(cohort, declined('a', 1)).cohort.counts.declined).toBe(1);
  });

  test('whose version is too old is let go, and asked anew', () => {
    const before = afterwards(async(['a', 'b', 'c', 'd']), left('c')).cohort;
    const { cohort, effects } = afterwards(before, second([3, 2]));
    expect(effects[0]).toEqual({
      ...{ kind: 'dismiss', volunteers: ['a', 'b', 'd'], round: 2 },
      reason: 'the version it starts from is too old',
    });
    expect(assignments(effects)).toEqual([
      ['a', 2, 3],
      ['b', 2, 3],
      ['d', 2, 3],
    ]);
    // One that is gone has lost nothing by coming back later: it is asked like anyone.
    expect(cohort.members['c']).toBeUndefined();
  });

  test('and those too, while a round is open, when a newer version comes', () => {
    const { effects } = afterwards(async(), ordered({ bases: [baseOf(2)] }));
    expect(kinds(effects)).toEqual(['dismiss', 'assign', 'assign', 'assign']);
  });

  test('but whose version still counts is not', () => {
    expect(afterwards(async(), ordered({ bases: [baseOf(2), baseOf(1)] })).effects).toEqual([]);
  });

  test('that nobody opens, all are let go', () => {
    const { cohort, effects } = afterwards(async(), ordered({ open: false }));
    expect(effects).toMatchObject([{ kind: 'dismiss', volunteers: ['a', 'b', 'c'] }]);
    const { cohort: next } = afterwards(cohort, second([2, 1], 1));
    expect([who(next, 'asked'), next.counts.asked]).toEqual([['a'], 1]);
  });

  test('or that is over already, they are let go too', () => {
    const { cohort, effects } = afterwards(async(), ordered({ round: 2, open: false }));
    expect(effects).toMatchObject([{ kind: 'dismiss', volunteers: ['a', 'b', 'c'] }]);
    expect(cohort).toMatchObject({ open: false, sealed: { round: 2, counts: NOTHING } });
  });
});
