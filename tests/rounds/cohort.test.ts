import { describe, expect, test } from 'vitest';
import { beginCohort, reduceCohort, reportOf } from '../../shared/rounds/cohort.ts';
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

describe('a shard asks', () => {
  test('nobody before a round takes deltas', () => {
    const { cohort, effects } = afterwards(
      beginCohort('sync'),
      ...arrived('a', 'b'),
      ordered({ round: 0, open: false, bases: [], deadline: null, quota: 0 }),
    );
    expect([effects, reportOf(cohort)]).toMatchObject([[], { present: 2, spare: 0, working: 0 }]);
  });

  test('as many as it may, those first who wait longest', () => {
    const { cohort, effects } = afterwards(
      beginCohort('sync'),
      ...arrived('a', 'b', 'c'),
      left('a'),
      ...arrived('a'),
      ordered({ quota: 2 }),
    );
    expect(effects).toEqual(
      ['b', 'c'].map((volunteer, place) => ({
        ...{ kind: 'assign', volunteer, base: baseOf(1), deadline: 60_000 },
        member: { as: 'asked', round: 1, version: 1, place },
      })),
    );
    expect(reportOf(cohort)).toMatchObject({ round: 1, working: 2, spare: 1, present: 3 });
    expect(cohort.counts.asked).toBe(2);
  });

  test('a late joiner while there is room, and no other', () => {
    const cohort = asking('sync', ['a', 'b']);
    const { effects } = afterwards(cohort, ...arrived('c', 'd'));
    expect(assignments(effects)).toEqual([['c', 1, 1]]);
  });

  test.each([
    ['left', left('b')],
    ['declined', declined('b')],
  ] as const)('another in the place of one who %s', (as, gone) => {
    const cohort = asking('sync', ['a', 'b', 'c', 'd', 'e']);
    const { cohort: next, effects } = afterwards(cohort, gone);
    expect([assignments(effects), who(next, as)]).toEqual([[['d', 1, 1]], ['b']]);
    expect(reportOf(next).counts).toMatchObject({ asked: 4, [as]: 1 });
    expect(reportOf(next)).toMatchObject({ working: 3, spare: 1 });
  });

  test('nobody in the place of one who has delivered', () => {
    const { cohort, effects } = afterwards(asking('sync', ['a', 'b', 'c', 'd']), accepted('a', 40));
    expect([effects, reportOf(cohort).counts]).toEqual([
      [],
      { asked: 3, accepted: 1, declined: 0, left: 0, bytes: 40 },
    ]);
    expect(afterwards(cohort, accepted('b', 60)).cohort.counts.bytes).toBe(100);
  });

  test('more when it may, and un-asks nobody when it may not', () => {
    const cohort = asking('sync', ['a', 'b', 'c', 'd', 'e']);
    const fewer = afterwards(cohort, ordered({ quota: 1 }));
    expect([fewer.effects, who(fewer.cohort, 'asked')]).toEqual([[], ['a', 'b', 'c']]);
    const more = afterwards(fewer.cohort, ordered({ quota: 4 }));
    expect(assignments(more.effects)).toEqual([['d', 1, 1]]);
  });

  test('each with a place of its own in the round', () => {
    const { cohort } = afterwards(asking('sync', ['a', 'b', 'c', 'd']), left('a'));
    const places = (of: typeof cohort) => Object.values(of.members).map(({ place }) => place);
    expect(places(cohort)).toEqual([0, 1, 2, 3]);
    // Counted from the first again: a place and its round make a seed.
    expect(places(afterwards(cohort, ordered({ round: 2 })).cohort)).toEqual([0, 1, 2]);
  });

  test('who has delivered last in the next round', () => {
    const { cohort } = afterwards(
      asking('sync', ['a', 'b', 'c', 'd']),
      accepted('a'),
      accepted('b'),
    );
    const { effects } = afterwards(cohort, ordered({ round: 2, bases: [baseOf(2)], quota: 3 }));
    expect(assignments(effects).map(([id]) => id)).toEqual(['c', 'd', 'a']);
  });
});

describe('one who was asked', () => {
  test('and comes back goes on, whoever took its place', () => {
    const away = afterwards(asking('sync', ['a', 'b', 'c', 'd']), left('b')).cohort;
    const { cohort, effects } = afterwards(away, ...arrived('b'));
    expect(effects).toEqual([
      {
        ...{ kind: 'assign', volunteer: 'b', base: baseOf(1), deadline: 60_000 },
        member: { as: 'asked', round: 1, version: 1, place: 1 },
      },
    ]);
    expect([who(cohort, 'asked'), cohort.counts.asked]).toEqual([['a', 'b', 'c', 'd'], 4]);
    // Four are at work where three may be: nobody else is asked.
    expect(afterwards(cohort, left('a'), ...arrived('e')).effects).toEqual([]);
  });

  test('and reconnects before it was missed is told again what to do', () => {
    const { cohort, effects } = afterwards(asking(), ...arrived('a'));
    expect([assignments(effects), cohort.present]).toEqual([[['a', 1, 1]], ['a', 'b', 'c']]);
  });

  test('and declines, is not asked again in this round, only in the next', () => {
    const { cohort, effects } = afterwards(asking('sync', ['a']), declined('a'), left('a'));
    const back = afterwards(cohort, ...arrived('a'));
    expect([effects, back.effects]).toEqual([[], []]);
    const { effects: next } = afterwards(back.cohort, ordered({ round: 2 }));
    expect(assignments(next)).toEqual([['a', 2, 1]]);
  });

  test('and declines, may find something after all', () => {
    const { cohort } = afterwards(asking(), declined('a'), accepted('a'));
    expect(reportOf(cohort).counts).toMatchObject({ asked: 3, accepted: 1, declined: 0 });
  });

  test('declines once, and only what it was asked', () => {
    const cohort = asking();
    for (const event of [declined('a', 0), declined('a', 2), declined('x')])
      expect(reduceCohort(cohort, event)).toEqual({ cohort, effects: [] });
    const once = afterwards(cohort, declined('a')).cohort;
    expect(reduceCohort(once, declined('a')).cohort).toBe(once);
    const sent = afterwards(cohort, accepted('a')).cohort;
    expect(reduceCohort(sent, declined('a')).cohort).toBe(sent);
  });

  test('and left may still send, or decline', () => {
    const { cohort } = afterwards(asking(), left('a'), left('b'), accepted('a'), declined('b'));
    expect(reportOf(cohort).counts).toMatchObject({ accepted: 1, declined: 1, left: 0 });
    expect(cohort.present).toEqual(['c']);
  });

  test('and has sent may leave, and keeps its place', () => {
    const { cohort } = afterwards(asking('sync', ['a', 'b', 'c', 'd']), accepted('a'), left('a'));
    expect([who(cohort, 'accepted'), who(cohort, 'asked')]).toEqual([['a'], ['b', 'c']]);
    expect(reportOf(cohort)).toMatchObject({ working: 2, spare: 1, counts: { left: 0 } });
  });
});

describe('when a round closes', () => {
  test('those at work are told why, and what came of it is sealed', () => {
    const before = afterwards(asking(), accepted('a'), left('b')).cohort;
    const { cohort, effects } = afterwards(before, ordered({ open: false, quota: 0 }));
    expect(effects).toEqual([
      { kind: 'dismiss', volunteers: ['c'], round: 1, reason: 'the deadline has passed' },
    ]);
    const counts = { asked: 3, accepted: 1, declined: 0, left: 1, bytes: 100 };
    expect(cohort).toMatchObject({ open: false, sealed: { round: 1, counts } });
    expect(reportOf(cohort).spare).toBe(0);
  });

  test('nobody is asked, or counted as gone, any more', () => {
    const shut = afterwards(asking(), ordered({ open: false, quota: 9 })).cohort;
    const { cohort, effects } = afterwards(shut, ...arrived('d'), left('a'), declined('b'));
    expect([effects, cohort.sealed, cohort.members]).toEqual([[], shut.sealed, shut.members]);
  });

  test('what was sealed stays while the next round runs', () => {
    const shut = afterwards(asking(), accepted('a'), ordered({ open: false })).cohort;
    const next = afterwards(shut, ordered({ round: 2, bases: [baseOf(2)] })).cohort;
    expect(next.sealed).toEqual(shut.sealed);
    expect(reportOf(next)).toMatchObject({ round: 2, open: true, working: 3 });
    expect(next.counts).toMatchObject({ asked: 3, accepted: 0, bytes: 0 });
  });

  test('a shard that missed the end is told by the next beginning', () => {
    const before = afterwards(asking(), accepted('a')).cohort;
    const { cohort, effects } = afterwards(before, ordered({ round: 2, quota: 1 }));
    expect(kinds(effects)).toEqual(['dismiss', 'assign']);
    expect(cohort.sealed).toMatchObject({ round: 1, counts: { accepted: 1 } });
  });

  test.each([
    [true, 2],
    [false, 3],
  ])('one that missed whole rounds has nothing of them (open: %s)', (open, last) => {
    const before = afterwards(asking(), accepted('a')).cohort;
    const { cohort } = afterwards(before, ordered({ round: 3, open }));
    expect(cohort).toMatchObject({ round: 3, open, sealed: { round: last, counts: NOTHING } });
  });

  test('and there was nobody, nobody is told', () => {
    const { effects } = afterwards(asking('sync', []), ordered({ open: false }));
    expect(effects).toEqual([]);
  });
});

describe('an order', () => {
  test('that is old, or comes twice, changes nothing', () => {
    const cohort = afterwards(asking('sync', ['a', 'b']), ordered({ stamp: 1e6, quota: 2 })).cohort;
    for (const stamp of [1e6, 1e6 - 1])
      expect(reduceCohort(cohort, ordered({ stamp, round: 9, quota: 9 })).cohort).toBe(cohort);
  });

  test('of an earlier round is only taken note of', () => {
    const cohort = afterwards(asking(), ordered({ round: 2 })).cohort;
    const stamp = cohort.stamp + 1e6;
    expect(reduceCohort(cohort, ordered({ stamp, round: 1, open: false }))).toEqual({
      cohort: { ...cohort, stamp },
      effects: [],
    });
    expect(reportOf({ ...cohort, stamp }).ordered).toBe(stamp);
  });

  test('does not open again what is closed', () => {
    const shut = afterwards(asking(), ordered({ open: false })).cohort;
    const { cohort, effects } = afterwards(shut, ordered({ open: true, quota: 9 }));
    expect([cohort.open, effects]).toEqual([false, []]);
  });

  test('lets deltas go once', () => {
    const { cohort, effects } = afterwards(
      asking(),
      ordered({ settled: 1 }),
      ordered({ settled: 1 }),
    );
    expect([effects, cohort.settled]).toEqual([[{ kind: 'settle', round: 1 }], 1]);
  });

  test('sends away the last who came, of those who have nothing to do', () => {
    const cohort = asking('sync', ['a', 'b', 'c', 'd', 'e', 'f']);
    const surplus = { count: 2, retryAfterMs: 900 };
    expect(afterwards(cohort, ordered({ surplus })).effects).toEqual([
      { kind: 'wait', volunteers: ['e', 'f'], retryAfterMs: 900 },
    ]);
    const all = afterwards(cohort, ordered({ surplus: { ...surplus, count: 9 } })).effects;
    expect(all).toMatchObject([{ volunteers: ['d', 'e', 'f'] }]);
    expect(afterwards(asking(), ordered({ surplus })).effects).toEqual([]);
  });
});

describe('what changes nothing', () => {
  const cohort = asking('sync', ['a', 'b', 'c', 'd']);

  test.each([
    ['one who is here already and has nothing to do', arrived('d')[0]!],
    ['one who is gone already', left('x')],
  ])('%s: the same object', (_, event) => {
    expect(reduceCohort(cohort, event).cohort).toBe(cohort);
  });
});
