import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { NOTHING, type News, type Order, type Report } from '../../shared/rounds/orders.ts';
import type { Content } from '../../shared/rounds/orders-of.ts';
import { Desk } from '../../worker/rounds/desk.ts';
import { baseOf } from './events.ts';

const NOW = 1_000_000;
const RETRY_MS = 1000;
const NEWS_MS = 200;

type Call = {
  shard: number;
  order: Order;
  news: News;
  answer(report: Report): Promise<void>;
  fail(): Promise<void>;
};

/** A post whose calls wait until a test answers them. */
class Post {
  readonly calls: Call[] = [];
  readonly heard: [shard: number, stamp: number][] = [];
  failures = 0;
  /** Between orders that could wait: none, as in small projects. */
  pauseMs = 0;
  readonly desk = new Desk({
    send: (shard, order, news) =>
      new Promise((resolve, reject) => {
        const answer = (report: Report) => (resolve(report), settled());
        const fail = () => (reject(new Error('lost')), settled());
        this.calls.push({ shard, order, news, answer, fail });
      }),
    hear: (shard, { stamp }) => this.heard.push([shard, stamp]),
    failed: () => this.failures++,
    background: (work) => void work,
    pauses: () => ({ orders: this.pauseMs, news: NEWS_MS }),
  });

  /** The calls since the last time. */
  take(): Call[] {
    return this.calls.splice(0);
  }

  /** Answers every call as a shard that takes what it is told, until there are no more. @returns how many */
  async takeAll(): Promise<number> {
    let count = 0;
    for (let calls = this.take(); calls.length > 0; calls = this.take())
      for (const { order, answer } of calls) {
        count++;
        await answer(reportOf(order.stamp, { stamp: order.heard + 1 }));
      }
    return count;
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function reportOf(ordered: number, more: Partial<Report> = {}): Report {
  return {
    ...{ stamp: 1, ordered, round: 1, open: true, present: 1, listening: false, spare: 0 },
    ...{ working: 1, counts: NOTHING, sealed: { round: 0, counts: NOTHING }, ...more },
  };
}

const content = (quota: number): Content => ({
  ...{ round: 1, open: true, bases: [baseOf(1)], deadline: 5, quota, settled: 0, reason: '' },
  surplus: null,
});

const state = (accepted: number) => ({ phase: 'training', accepted }) as unknown as TrainingState;
const LISTENING = reportOf(0, { listening: true });

let post: Post;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  post = new Post();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const tell = (...quotas: number[]) => post.desk.tell(quotas.map(content), state(0), []);

describe('an order', () => {
  test('goes to every shard, with the stamp of what was heard from it last', async () => {
    tell(3, 4);
    const [first, second] = post.take();
    expect([first?.shard, first?.order.quota, second?.shard, second?.order.quota]).toEqual([
      ...[0, 3, 1, 4],
    ]);
    await first!.answer(reportOf(first!.order.stamp, { stamp: 77 }));
    expect(post.heard).toEqual([[0, 77]]);
    tell(5, 4);
    const [again, ...others] = post.take();
    expect([again?.shard, again?.order.heard, others]).toEqual([0, 77, []]);
    expect(again!.order.stamp).toBeGreaterThan(first!.order.stamp);
  });

  test('that a shard has taken is not sent again: nobody says anything any more', async () => {
    tell(3, 4);
    expect(await post.takeAll()).toBe(2);
    tell(3, 4);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([post.take(), post.desk.retryAt()]).toEqual([[], null]);
  });

  test('waits while another is under way, and then only the last is sent', async () => {
    tell(1);
    const [first] = post.take();
    tell(2);
    tell(3);
    expect(post.take()).toEqual([]);
    await first!.answer(reportOf(first!.order.stamp));
    expect(post.take().map(({ order }) => order.quota)).toEqual([3]);
  });

  test('made while nobody has to know is sent with the next that somebody has to', () => {
    post.desk.tell([content(1)], state(0), [], true);
    expect(post.take()).toEqual([]);
    tell(1);
    expect(post.take()).toHaveLength(1);
  });

  test('is greater than one that the shard has of a clock that ran ahead', async () => {
    tell(1);
    const [first] = post.take();
    await first!.answer(reportOf(NOW + 5000));
    const [second] = post.take();
    expect(second?.order.quota).toBe(1);
    expect(second?.order.stamp).toBeGreaterThan(NOW + 5000);
    await second!.answer(reportOf(second!.order.stamp));
    expect(post.take()).toEqual([]);
    // And so are all that follow, to others too.
    tell(1, 2);
    expect(post.take()[0]!.order.stamp).toBeGreaterThan(second!.order.stamp);
  });
});

describe('an order that does not get through', () => {
  test('is sent again after a second, and says what is wanted then', async () => {
    tell(1);
    await post.take()[0]!.fail();
    expect([post.failures, post.desk.retryAt()]).toEqual([1, NOW + RETRY_MS]);
    vi.setSystemTime(NOW + RETRY_MS - 1);
    post.desk.retry();
    expect(post.take()).toEqual([]);
    vi.setSystemTime(NOW + RETRY_MS);
    post.desk.retry();
    const [again] = post.take();
    expect([again?.order.quota, post.desk.retryAt()]).toEqual([1, null]);
    await again!.answer(reportOf(again!.order.stamp));
    post.desk.retry();
    expect(post.take()).toEqual([]);
  });

  test('does not wait for that when there is something new', async () => {
    tell(1);
    await post.take()[0]!.fail();
    tell(2);
    expect(post.take().map(({ order }) => order.quota)).toEqual([2]);
  });

  test('is sent again also when its shard was answered meanwhile: the answer may be lost too', async () => {
    tell(1);
    const [order] = post.take();
    post.desk.answer(0, reportOf(0), () => undefined);
    await order!.fail();
    vi.setSystemTime(post.desk.retryAt()!);
    post.desk.retry();
    expect(await post.takeAll()).toBe(1);
  });

  test('is not taken for one of the same moment, of the object that was torn down', async () => {
    tell(1);
    const [before] = post.take();
    const reborn = new Post();
    reborn.desk.tell([content(2)], state(0), []);
    const [now] = reborn.take();
    expect(now!.order.stamp).not.toBe(before!.order.stamp);
  });

  test('fails as often as it fails', async () => {
    tell(1);
    for (let times = 1; times <= 5; times++) {
      await post.take()[0]!.fail();
      expect(post.failures).toBe(times);
      vi.setSystemTime(post.desk.retryAt()!);
      post.desk.retry();
    }
    expect(await post.takeAll()).toBe(1);
  });
});

describe('a shard that reports', () => {
  test('is answered with what it should hear, once that is known; and sent nothing meanwhile', async () => {
    tell(1);
    await post.takeAll();
    const report = reportOf(NOW, { stamp: 9 });
    const { order } = post.desk.answer(0, report, () => tell(2));
    expect([order.quota, order.heard, post.take()]).toEqual([2, 9, []]);
    // It has taken the answer, unless it says that it has not.
    tell(2);
    expect(post.take()).toEqual([]);
    post.desk.answer(0, reportOf(order.stamp, { stamp: 10 }), () => tell(2));
    expect(post.take()).toEqual([]);
  });

  test('says by the next report that the answer got lost', async () => {
    tell(1);
    await post.takeAll();
    const { order } = post.desk.answer(0, reportOf(NOW, { stamp: 9 }), () => tell(2));
    const { order: again } = post.desk.answer(0, reportOf(NOW, { stamp: 10 }), () => undefined);
    expect([again.quota, again.stamp]).toEqual([2, order.stamp]);
  });

  test('lets the others hear what came of it', async () => {
    tell(1, 1);
    await post.takeAll();
    post.desk.answer(0, reportOf(NOW, { stamp: 9 }), () => tell(2, 3));
    expect(post.take().map(({ shard, order }) => [shard, order.quota])).toEqual([[1, 3]]);
  });

  test('is heard later than an older report that was overtaken', () => {
    tell(1);
    post.desk.answer(0, reportOf(0, { stamp: 9 }), () => undefined);
    const { order } = post.desk.answer(0, reportOf(0, { stamp: 8 }), () => undefined);
    expect(order.heard).toBe(9);
  });

  test('may be sent orders again when dealing with it failed', async () => {
    tell(1);
    await post.takeAll();
    const fails = () => {
      throw new Error('no disk');
    };
    expect(() => post.desk.answer(0, reportOf(NOW), fails)).toThrow('no disk');
    tell(2);
    expect(post.take()).toHaveLength(1);
  });
});

describe('news', () => {
  /** A shard with somebody who listens, and one without; both have heard all. */
  async function listening(): Promise<void> {
    post.desk.tell([content(1), content(1)], state(0), [LISTENING, reportOf(0)]);
    await post.takeAll();
    await vi.advanceTimersByTimeAsync(NEWS_MS);
    await post.takeAll();
  }

  test('go at once to who listens, and to nobody else', async () => {
    await listening();
    post.desk.announce(state(1));
    const calls = post.take();
    expect(calls.map(({ shard, news }) => [shard, news.state])).toEqual([[0, state(1)]]);
  });

  test('go every 200 ms at most, the last only', async () => {
    await listening();
    for (let accepted = 1; accepted <= 50; accepted++) {
      post.desk.announce(state(accepted));
      await vi.advanceTimersByTimeAsync(10);
      for (const { order, answer } of post.calls) await answer(reportOf(order.stamp));
    }
    await vi.advanceTimersByTimeAsync(NEWS_MS);
    // Half a second of it: at its beginning, after 200 and 400 ms, and what came last.
    const told = post.take().map(({ news }) => (news.state as { accepted: number }).accepted);
    expect([told.length, told[0], told.at(-1)]).toEqual([4, 1, 50]);
  });

  test('that are none are not sent', async () => {
    await listening();
    post.desk.announce(state(0));
    await vi.advanceTimersByTimeAsync(NEWS_MS);
    expect(post.take()).toEqual([]);
  });

  test('of an order are in it, and are not sent twice', async () => {
    await listening();
    post.desk.tell([content(2), content(1)], state(1), [LISTENING, reportOf(0)]);
    const [call, ...others] = post.take();
    expect([call?.order.quota, call?.news.state, others]).toEqual([2, state(1), []]);
    await call!.answer(reportOf(call!.order.stamp));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(post.take()).toEqual([]);
  });

  test('of an answer are not sent again either', async () => {
    await listening();
    post.desk.announce(state(1));
    await post.takeAll();
    // Too soon after: they wait, and the shard reports meanwhile.
    post.desk.announce(state(2));
    const { news } = post.desk.answer(0, { ...LISTENING, ordered: NOW }, () => undefined);
    expect(news.state).toEqual(state(2));
    await vi.advanceTimersByTimeAsync(NEWS_MS);
    expect(post.take()).toEqual([]);
  });

  test('that come while an order is under way follow it, not too soon', async () => {
    await listening();
    post.desk.tell([content(2), content(1)], state(0), [LISTENING, reportOf(0)]);
    const [call] = post.take();
    post.desk.announce(state(1));
    expect(post.take()).toEqual([]);
    await call!.answer(reportOf(call!.order.stamp));
    expect(post.take()).toEqual([]);
    await vi.advanceTimersByTimeAsync(NEWS_MS);
    expect(post.take().map(({ news }) => news.state)).toEqual([state(1)]);
  });

  test('that somebody waits for go at once, however soon after others', async () => {
    await listening();
    post.desk.announce(state(1));
    await post.takeAll();
    const closing = { ...state(1), phase: 'aggregating' } as TrainingState;
    post.desk.announce(closing);
    expect(post.take().map(({ shard, news }) => [shard, news.state])).toEqual([[0, closing]]);
  });
});

describe('in a large project', () => {
  const PAUSE_MS = 1000;
  beforeEach(async () => {
    post.pauseMs = PAUSE_MS;
    tell(1, 1);
    await post.takeAll();
  });

  test('an order of another quota waits, and only the last is sent', async () => {
    tell(2, 1);
    tell(3, 1);
    expect(post.take()).toEqual([]);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect(post.take().map(({ shard, order }) => [shard, order.quota])).toEqual([[0, 3]]);
  });

  test('one that the shard has heard in an answer meanwhile is not sent', async () => {
    tell(2, 1);
    const { order } = post.desk.answer(0, reportOf(NOW, { stamp: 9 }), () => undefined);
    expect(order.quota).toBe(2);
    await vi.advanceTimersByTimeAsync(10 * PAUSE_MS);
    expect(post.take()).toEqual([]);
  });

  test('that a round opens or closes is said at once, to all', () => {
    const closed = { ...content(0), open: false };
    post.desk.tell([closed, closed], state(0), []);
    expect(post.take().map(({ shard, order }) => [shard, order.open])).toEqual([
      [0, false],
      [1, false],
    ]);
  });

  test('a shard that cannot be reached is not tried again before its time', async () => {
    tell(2, 1);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    await post.take()[0]!.fail();
    tell(2, 2);
    await vi.advanceTimersByTimeAsync(20 * PAUSE_MS);
    expect(post.take().map(({ shard }) => shard)).toEqual([1]);
    post.desk.retry();
    expect(post.take().map(({ shard, order }) => [shard, order.quota])).toEqual([[0, 2]]);
  });
});
