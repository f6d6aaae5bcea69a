import { describe, expect, test } from 'vitest';
import { Pace } from '../../client/train/pace.ts';

/** A pace, and the button that stops it. */
function create() {
  const abort = new AbortController();
  return { pace: new Pace(abort.signal), stop: () => abort.abort(new Error('stopped')) };
}

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise has settled by now, and how. */
function watch(promise: Promise<unknown>) {
  const seen = { state: 'waiting' };
  promise.then(
    () => (seen.state = 'done'),
    () => (seen.state = 'failed'),
  );
  return seen;
}

describe('breathing', () => {
  test('lets the event loop turn, and costs nothing', async () => {
    const { pace } = create();
    let turned = false;
    const message = new MessageChannel();
    const arrived = new Promise<void>((resolve) => {
      message.port1.onmessage = () => {
        turned = true;
        resolve();
      };
    });
    message.port2.postMessage('a button');
    expect(await pace.breathe()).toBe(0);
    await arrived;
    message.port1.close();
    expect(turned).toBe(true);
  });

  test('of many at once reaches each', async () => {
    const { pace } = create();
    const breaths = await Promise.all(Array.from({ length: 100 }, () => pace.breathe()));
    expect(breaths.every((rested) => rested === 0)).toBe(true);
  });
});

describe('a pause', () => {
  test('holds the next breath until it is resumed, and that tells how long it was', async () => {
    const { pace } = create();
    pace.pause();
    expect(pace.paused).toBe(true);
    const breath = pace.breathe();
    const seen = watch(breath);
    await turns(20);
    expect(seen.state).toBe('waiting');
    const start = performance.now();
    while (performance.now() - start < 20) await turns(1);
    pace.resume();
    expect(pace.paused).toBe(false);
    expect(await breath).toBeGreaterThanOrEqual(20);
    expect(await pace.breathe()).toBe(0);
  });

  test('lets something be done first, once, and only where there is one', async () => {
    const { pace } = create();
    let done = 0;
    const before = async () => void done++;
    await pace.breathe(before);
    expect(done).toBe(0);
    // Pressed while the event loop turns, as a button is.
    const breath = pace.breathe(before);
    pace.pause();
    await turns(20);
    expect(done).toBe(1);
    pace.resume();
    await breath;
    expect(done).toBe(1);
  });

  test('that is pressed twice is one pause', async () => {
    const { pace } = create();
    pace.pause();
    pace.pause();
    const seen = watch(pace.breathe());
    pace.resume();
    await turns(5);
    expect(seen.state).toBe('done');
  });

  test('that follows a resume at once goes on', async () => {
    const { pace } = create();
    pace.pause();
    const seen = watch(pace.breathe());
    await turns(5);
    pace.resume();
    pace.pause();
    await turns(20);
    expect(seen.state).toBe('waiting');
    pace.resume();
    await turns(5);
    expect(seen.state).toBe('done');
  });

  test('may be resumed without ever having begun', async () => {
    const { pace } = create();
    pace.resume();
    expect(pace.paused).toBe(false);
    expect(await pace.breathe()).toBe(0);
  });
});

describe('a stop', () => {
  test('fails the next breath with its reason', async () => {
    const { pace, stop } = create();
    stop();
    await expect(pace.breathe()).rejects.toThrow('stopped');
  });

  test('ends a pause, and fails the breath that it held', async () => {
    const { pace, stop } = create();
    pace.pause();
    const breath = pace.breathe();
    const seen = watch(breath);
    await turns(5);
    expect(seen.state).toBe('waiting');
    stop();
    await expect(breath).rejects.toThrow('stopped');
    expect(pace.paused).toBe(false);
  });

  test('is not undone by a later pause or resume', async () => {
    const { pace, stop } = create();
    stop();
    pace.pause();
    await expect(pace.breathe()).rejects.toThrow('stopped');
    pace.resume();
    await expect(pace.breathe()).rejects.toThrow('stopped');
  });
});
