import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NOTHING, type News, type Order, type Report } from '../../shared/rounds/orders.ts';
import { Teller } from '../../worker/rounds/teller.ts';
import { ordered } from './cohorts.ts';

const NOW = 1_000_000;
const NEWS = { stamp: 0 } as News;

type Call = { report: Report; answer(heard?: number): Promise<void>; fail(): Promise<void> };

/** A shard of which nothing matters but how many are there, and a line on which its reports wait. */
class Home {
  present = 0;
  readonly calls: Call[] = [];
  failures = 0;
  pauseMs = 0;
  round = 1;
  readonly teller = new Teller({
    standing: () => ({
      ...{
        ordered: 0,
        round: this.round,
        open: true,
        present: this.present,
        listening: false,
        spare: 0,
      },
      ...{ working: 0, counts: NOTHING, sealed: { round: 0, counts: NOTHING } },
    }),
    report: (report) =>
      new Promise((resolve, reject) => {
        const answer = (heard = report.stamp) => {
          resolve({ order: orderOf(heard), news: NEWS });
          return settled();
        };
        const fail = () => (reject(new Error('lost')), settled());
        this.calls.push({ report, answer, fail });
      }),
    take: () => undefined,
    failed: () => this.failures++,
    now: () => Date.now(),
    pause: () => this.pauseMs,
  });

  take(): Call[] {
    return this.calls.splice(0);
  }

  tell(present: number): Call[] {
    this.present = present;
    void this.teller.tell();
    return this.take();
  }
}

function orderOf(heard: number): Order {
  const event = ordered({ heard });
  return event.kind === 'ordered' ? event.order : expect.fail();
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

let home: Home;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  home = new Home();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a report', () => {
  test('goes when something has changed, and not again', async () => {
    const [first] = home.tell(1);
    await first!.answer();
    expect([first!.report.present, home.tell(1)]).toEqual([1, []]);
    expect(home.tell(2)).toHaveLength(1);
  });

  test('waits while another is under way, and says the last', async () => {
    const [first] = home.tell(1);
    expect([home.tell(2), home.tell(3)]).toEqual([[], []]);
    await first!.answer();
    expect(home.take().map(({ report }) => report.present)).toEqual([3]);
  });

  test('is not needed where an order was just answered', () => {
    home.present = 5;
    expect(home.teller.answer(orderOf(0), NEWS).present).toBe(5);
    expect(home.tell(5)).toEqual([]);
  });

  test('is sent again when the answer to an order has overtaken it, whatever has changed back', async () => {
    const [first] = home.tell(1);
    home.present = 0;
    home.teller.answer(orderOf(0), NEWS);
    home.present = 1;
    await first!.answer();
    expect(home.take().map(({ report }) => report.present)).toEqual([1]);
  });

  test('is sent again, later, when one of before a tear-down was heard since', async () => {
    const [first] = home.tell(1);
    await first!.answer(NOW + 5000);
    const [again] = home.take();
    expect(again!.report.stamp).toBeGreaterThan(NOW + 5000);
    await again!.answer();
    expect(home.take()).toEqual([]);
  });

  test('that fails is sent again after a second, and may have been heard', async () => {
    await home.tell(1)[0]!.answer();
    const [lost] = home.tell(2);
    // Back to what the coordinator was told before; but it may believe in the other.
    home.present = 1;
    await lost!.fail();
    expect([home.failures, home.teller.retryAt()]).toEqual([1, NOW + 1000]);
    vi.setSystemTime(NOW + 1000);
    void home.teller.retry();
    expect(home.take().map(({ report }) => report.present)).toEqual([1]);
    expect(home.teller.retryAt()).toBeNull();
  });

  test('goes at once when the call before had nothing to tell', async () => {
    await home.tell(1)[0]!.answer();
    void home.teller.tell();
    expect(home.tell(2)).toHaveLength(1);
  });

  test('of one life is never as late as one of another in the same moment', () => {
    const stamp = (of: Home) => of.tell(1)[0]!.report.stamp;
    expect(stamp(home)).not.toBe(stamp(new Home()));
  });
});

describe('in a large project', () => {
  const PAUSE_MS = 1000;
  beforeEach(() => (home.pauseMs = PAUSE_MS));

  test('a report of counts waits for a pause after the last, and says the newest', async () => {
    await home.tell(1)[0]!.answer();
    expect([home.tell(2), home.tell(3)]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    expect(home.take()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(home.take().map(({ report }) => report.present)).toEqual([3]);
  });

  test('a report after a quiet time goes at once', async () => {
    await home.tell(1)[0]!.answer();
    vi.setSystemTime(NOW + PAUSE_MS);
    expect(home.tell(2)).toHaveLength(1);
  });

  test('a report that a round was opened or sealed does not wait', async () => {
    const [first] = home.tell(1);
    // What the answer orders has this effect.
    home.round = 2;
    await first!.answer();
    expect(home.take().map(({ report }) => report.round)).toEqual([2]);
  });

  test('what an order was answered with meanwhile is not reported again', async () => {
    await home.tell(1)[0]!.answer();
    home.tell(2);
    expect(home.teller.answer(orderOf(0), NEWS).present).toBe(2);
    await vi.advanceTimersByTimeAsync(10 * PAUSE_MS);
    expect(home.take()).toEqual([]);
  });

  test('whoever waits to be known is, though the crowd around never stops moving', async () => {
    await home.tell(1)[0]!.answer();
    let known = 0;
    home.present = 2;
    void home.teller.tell().then(() => (known = 1));
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    const [second] = home.take();
    // Comes too late for the report that is under way.
    home.present = 3;
    void home.teller.tell().then(() => (known = 2));
    await second!.answer();
    expect(known).toBe(1);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    home.present = 4;
    await home.take()[0]!.answer();
    expect(known).toBe(2);
  });

  test('whatever happens when, reports keep their distance and the last of it is said', async () => {
    const change = fc.record({ after: fc.nat(700), answered: fc.nat(300), opens: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 30 }), async (changes) => {
        const one = new Home();
        one.pauseMs = PAUSE_MS;
        const made: Report[] = [];
        const answer = async (ms: number) => {
          await vi.advanceTimersByTimeAsync(ms);
          for (const call of one.take()) {
            made.push(call.report);
            await call.answer();
          }
        };
        for (const { after, answered, opens } of changes) {
          await answer(after);
          if (opens) one.round++;
          one.present++;
          void one.teller.tell();
          await answer(answered);
        }
        for (let n = 0; n < 3; n++) await answer(PAUSE_MS);
        expect(made.at(-1)).toMatchObject({ present: changes.length, round: one.round });
        const tooSoon = made.filter(
          (report, i) =>
            i > 0 &&
            report.round === made[i - 1]!.round &&
            Math.floor(report.stamp) - Math.floor(made[i - 1]!.stamp) < PAUSE_MS,
        );
        expect(tooSoon).toEqual([]);
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});
