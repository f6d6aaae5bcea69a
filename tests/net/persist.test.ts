import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Unreachable } from '../../client/net/api.ts';
import { backoff, isFinal, pause, persist, type Patience } from '../../client/net/persist.ts';
import { Problem } from '../../shared/api/problem.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const silent = new Unreachable('nobody there');

/** Tries that fail so, one after another, and then come to an end; with the milliseconds at which each was made. */
function trying(errors: readonly Error[], patience: Patience = {}) {
  const at: number[] = [];
  const start = Date.now();
  const result = persist(async () => {
    at.push(Date.now() - start);
    if (at.length <= errors.length) throw errors[at.length - 1];
    return 'done';
  }, patience);
  const settled = result.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { at, settled };
}

describe('waiting', () => {
  test('grows twofold up to 15 seconds, and at most a half of it is left to chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (tries) => {
        const whole = Math.min(500 * 2 ** (tries - 1), 15_000);
        const wait = backoff(tries);
        expect(wait).toBeLessThanOrEqual(whole);
        expect(wait).toBeGreaterThanOrEqual(whole / 2);
      }),
    );
  });

  test('spreads a crowd that was cut off at once', () => {
    const waits = Array.from({ length: 1000 }, () => backoff(3));
    const inFirstHalf = waits.filter((wait) => wait < 1500).length;
    expect(inFirstHalf).toBeGreaterThan(400);
    expect(inFirstHalf).toBeLessThan(600);
  });

  test('is never shorter than what the edge asks for', async () => {
    const { at, settled } = trying([new Problem(414, 'busy', { retryAfter: 20 })]);
    await vi.runAllTimersAsync();
    expect(await settled).toEqual({ value: 'done' });
    expect(at[1]).toBeGreaterThanOrEqual(20_000);
    expect(at[1]).toBeLessThanOrEqual(30_000);
  });
});

describe('what is woken', () => {
  const wake = new EventTarget();
  const ring = () => wake.dispatchEvent(new Event('wake'));

  test('tries at once', async () => {
    const { at, settled } = trying([silent, silent], { wake });
    await vi.advanceTimersByTimeAsync(10);
    ring();
    await vi.runAllTimersAsync();
    expect(await settled).toEqual({ value: 'done' });
    expect(at.slice(0, 2)).toEqual([0, 10]);
  });

  test('waits on where the edge itself has asked for it', async () => {
    const busy = new Problem(414, 'busy', { retryAfter: 20 });
    const { at, settled } = trying([busy], { wake });
    await vi.advanceTimersByTimeAsync(10);
    ring();
    await vi.runAllTimersAsync();
    await settled;
    expect(at[1]).toBeGreaterThanOrEqual(20_000);
  });

  test('without anybody waiting, nothing happens', () => {
    expect(ring()).toBe(true);
  });
});

describe('patience', () => {
  const always = Array.from({ length: 1000 }, () => silent);

  test('is five tries where no end is known', async () => {
    const { at, settled } = trying(always);
    await vi.runAllTimersAsync();
    expect(await settled).toEqual({ error: silent });
    expect(at).toHaveLength(5);
  });

  test('is five tries too where the end has passed: the clocks may differ', async () => {
    const { at, settled } = trying(always, { until: Date.now() - 60_000 });
    await vi.runAllTimersAsync();
    await settled;
    expect(at).toHaveLength(5);
  });

  test('lasts until the end and no longer, whatever chance does', async () => {
    const until = 300_000;
    const { at, settled } = trying(always, { until: Date.now() + until });
    await vi.runAllTimersAsync();
    expect(await settled).toEqual({ error: silent });
    expect(at.length).toBeGreaterThan(5);
    expect(at.at(-1)).toBeLessThanOrEqual(until);
    expect(at.at(-1)).toBeGreaterThan(until - 15_000);
  });

  test('has no end where none is to be', async () => {
    const { settled } = trying(always, { until: Number.POSITIVE_INFINITY });
    await vi.runAllTimersAsync();
    expect(await settled).toEqual({ value: 'done' });
  });

  test('may be fewer tries, where somebody looks on', async () => {
    const { at, settled } = trying(always, { tries: 2 });
    await vi.runAllTimersAsync();
    expect(await settled).toEqual({ error: silent });
    expect(at).toHaveLength(2);
  });

  test('ends at once where the next try would come too late', async () => {
    const busy = new Problem(414, 'busy', { retryAfter: 20 });
    const { at, settled } = trying([busy], { deadline: Date.now() + 19_000 });
    expect(await settled).toEqual({ error: busy });
    expect(at).toEqual([0]);
  });

  test('is not asked for by an error of one’s own', async () => {
    const mistake = new TypeError('undefined is not a function');
    const { at, settled } = trying([mistake]);
    expect(await settled).toEqual({ error: mistake });
    expect(at).toHaveLength(1);
  });
});

describe('calling it off', () => {
  test('ends a wait with the reason, and there is no other try', async () => {
    const abort = new AbortController();
    const { at, settled } = trying([silent], { signal: abort.signal });
    await vi.advanceTimersByTimeAsync(100);
    abort.abort(new Error('stopped'));
    expect(await settled).toMatchObject({ error: { message: 'stopped' } });
    await vi.runAllTimersAsync();
    expect(at).toHaveLength(1);
  });

  test('a pause that has not begun ends it too', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(pause(10, { signal })).rejects.toThrow('stopped');
  });

  test('a pause of weeks is not cut to nothing, as timers would', async () => {
    let over = false;
    const done = pause(40 * 86_400_000).then(() => (over = true));
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(over).toBe(false);
    await vi.runAllTimersAsync();
    await done;
  });
});

test.each([
  [new Problem(414, 'busy'), false],
  [new Problem(901, 'oops'), false],
  [new Problem(705, 'others came first'), false],
  [new Problem(702, 'no version', { retryAfter: 5 }), false],
  [new Problem(702, 'no version'), true],
  [silent, false],
  [new Problem(407, 'closed'), true],
  [new Problem(413, 'stale'), true],
  [new Error('mine'), true],
])('%s is final: %s', (error, final) => {
  expect(isFinal(error)).toBe(final);
});
