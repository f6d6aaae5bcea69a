import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { Bulletin, headlineOf } from '../../worker/rounds/bulletin.ts';
import { linesPauseMs } from '../../worker/rounds/pauses.ts';

const QUIET: TrainingState = {
  ...{ phase: 'training', round: 1, until: 2, version: 3, volunteers: 0, asked: 0, accepted: 0 },
  ...{ goal: 10, deadline: 99, serverProgress: null, notice: null },
};

type Said = { at: number; state: TrainingState };

/** Lines that note when they were told what, and a clock that a test moves. */
class Press {
  readonly said: Said[] = [];
  readonly timers: { at: number; work: () => void }[] = [];
  lines = 1;
  now = 0;

  open(): Bulletin {
    return new Bulletin({
      publish: (state) => this.said.push({ at: this.now, state }),
      lines: () => this.lines,
      now: () => this.now,
      after: (ms, work) => this.timers.push({ at: this.now + ms, work }),
    });
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (let due; (due = this.#due(until)); due.work()) this.now = Math.max(this.now, due.at);
    this.now = until;
  }

  #due(until: number) {
    const next = this.timers.findIndex(({ at }) => at <= until);
    return next < 0 ? undefined : this.timers.splice(next, 1)[0];
  }

  get accepted(): number[] {
    return this.said.map(({ state }) => state.accepted);
  }
}

let press: Press;
let bulletin: Bulletin;
beforeEach(() => {
  press = new Press();
  bulletin = press.open();
});

const count = (accepted: number) => bulletin.hear({ ...QUIET, accepted });

describe('counts', () => {
  test('that come after a quiet time go out at once', () => {
    count(1);
    press.pass(linesPauseMs(1));
    count(2);
    expect(press.accepted).toEqual([1, 2]);
  });

  test('that come one after another go out now and then, and the last in the end', () => {
    press.lines = 25;
    for (let accepted = 1; accepted <= 500; accepted++) {
      count(accepted);
      press.pass(1);
    }
    press.pass(200);
    expect(press.accepted).toEqual([1, 200, 400, 500]);
    expect(press.timers).toEqual([]);
  });

  test('are the rarer the more lines there are to tell', () => {
    press.lines = 250;
    for (let accepted = 1; accepted <= 6000; accepted++) {
      count(accepted);
      press.pass(1);
    }
    press.lines = 5000;
    for (let accepted = 6001; accepted <= 20_000; accepted++) {
      count(accepted);
      press.pass(1);
    }
    press.pass(10_000);
    expect(press.said.map(({ at }) => at)).toEqual([0, 2000, 4000, 6000, 16_000, 26_000]);
  });

  test('that are as they were told are not told again', () => {
    count(1);
    count(2);
    count(1);
    press.pass(10_000);
    expect(press.accepted).toEqual([1]);
  });
});

describe('what somebody waits for', () => {
  test.each<[string, Partial<TrainingState>]>([
    ['another phase', { phase: 'aggregating' }],
    ['another round', { round: 2 }],
    ['more rounds', { until: 9 }],
    ['a version', { version: 4 }],
    ['a deadline', { deadline: 50 }],
    ['a reason', { notice: 'too few came' }],
  ])('goes out at once: %s', (_, change) => {
    count(1);
    bulletin.hear({ ...QUIET, accepted: 2, ...change });
    expect(press.said.at(-1)?.state).toEqual({ ...QUIET, accepted: 2, ...change });
    press.pass(10_000);
    expect(press.said).toHaveLength(2);
  });

  test('is not the end of a wait that comes and goes with every volunteer', () => {
    const waiting = { ...QUIET, phase: 'gathering' } as const;
    expect(headlineOf({ ...waiting, deadline: 1 })).toBe(
      headlineOf({ ...waiting, deadline: null }),
    );
  });
});

test('an object that was torn down says how things stand when it hears it next', () => {
  count(1);
  count(2);
  press.timers.length = 0;
  press.open().hear({ ...QUIET, accepted: 2 });
  expect(press.accepted).toEqual([1, 2]);
});

test('a clock that is set back holds nothing up', () => {
  press.now = 1_000_000;
  count(1);
  press.now = 0;
  count(2);
  press.pass(linesPauseMs(1));
  expect(press.accepted).toEqual([1, 2]);
});

test('whatever happens when: few messages, no headline late, the last state in the end', () => {
  const event = fc.record({
    ...{ after: fc.nat(800), accepted: fc.nat(3), round: fc.nat({ max: 1 }) },
    lines: fc.integer({ min: 1, max: 2000 }),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
      const all = new Press();
      const one = all.open();
      let least = Number.POSITIVE_INFINITY;
      for (const { after, accepted, round, lines } of events) {
        all.pass(after);
        all.lines = lines;
        least = Math.min(least, linesPauseMs(lines));
        one.hear({ ...QUIET, accepted, round });
        expect(all.said.at(-1)!.state.round).toBe(round);
      }
      const last = events.at(-1)!;
      all.pass(linesPauseMs(2000));
      expect(all.said.at(-1)!.state).toMatchObject({ accepted: last.accepted, round: last.round });
      // Nothing keeps an object awake that has said all.
      all.pass(linesPauseMs(2000));
      expect(all.timers).toEqual([]);
      for (const [i, { at, state }] of all.said.entries()) {
        const before = all.said[i - 1];
        if (before && before.state.round === state.round)
          expect(at - before.at).toBeGreaterThanOrEqual(least);
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});
