import { describe, expect, test } from 'vitest';
import { spread, surpluses } from '../../shared/rounds/pace.ts';
import { revive, type State } from '../../shared/rounds/round.ts';
import { after, here, idle, says, start } from './events.ts';

/** Enough for a reserve that is more than the least: 50 at work, and 50 at hand. */
const RULES = { goal: 40, minimum: 10, wanted: 50, shards: 3 };

function crowd(state: State, ...present: number[]): State {
  return after(state, ...present.map((count, shard) => here(count, 0, shard))).state;
}

describe('a crowd', () => {
  test('that a round and its reserve can use waits', () => {
    expect(surpluses(crowd(idle(RULES), 60, 40))).toEqual([null, null, null]);
    expect(surpluses(revive(crowd(idle(RULES), 900)))).toEqual([null, null, null]);
  });

  test('beyond that is sent away, from each shard as many as it has too many', () => {
    const [first, second, third] = surpluses(crowd(idle(RULES), 150, 50));
    expect([first?.count, second?.count, third]).toEqual([75, 25, null]);
  });

  test('never so that fewer stay than are of use', () => {
    const given = surpluses(crowd(idle(RULES), 67, 35, 1));
    // Three too many, in parts: of each the whole ones.
    expect(given.map((surplus) => surplus?.count ?? 0)).toEqual([1, 1, 0]);
  });

  test('however small rounds are, is kept at hand', () => {
    const small = idle({ goal: 1, minimum: 1, wanted: 1 });
    expect(surpluses(crowd(small, 33))).toEqual([null]);
    expect(surpluses(crowd(small, 34))).toMatchObject([{ count: 1 }]);
  });
});

describe('they may come back', () => {
  const running = (lastMs: number | null, present = 250): State =>
    after({ ...idle({ ...RULES, shards: 1 }), lastMs }, start(9), here(present)).state;
  const waitOf = (state: State) => surpluses(state)[0]?.retryAfterMs;

  test('after the rounds that it takes to ask all the others', () => {
    // 150 too many: three rounds.
    expect(waitOf(running(20_000))).toBe(60_000);
    expect(waitOf(running(20_000, 251))).toBe(80_000);
  });

  test('as if a round took its deadline, before the first is over', () => {
    expect(waitOf(running(null))).toBe(180_000);
  });

  test('not at once, nor after hours', () => {
    expect(waitOf(running(1))).toBe(10_000);
    expect(waitOf(running(1e9))).toBe(3_600_000);
  });

  test('now and then, while nothing is being trained', () => {
    expect(waitOf(after(idle({ ...RULES, shards: 1 }), says({ present: 250 })).state)).toBe(
      600_000,
    );
  });

  test('not all at once', () => {
    expect([0, 0.5, 0.99].map((random) => spread(1000, random))).toEqual([500, 1000, 1490]);
  });
});
