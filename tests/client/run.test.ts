import { describe, expect, test } from 'vitest';
import {
  IDLE,
  reduce,
  stageOf,
  type Action,
  type Run,
} from '../../client/web/pages/contribute/run.ts';
import type { PostedEvent } from '../../client/web/thread/messages.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';

const event = (value: PostedEvent): Action => ({ kind: 'event', event: value });
const after = (...actions: Action[]): Run => actions.reduce(reduce, IDLE);

const BACKEND: Action = {
  kind: 'backend',
  backend: 'wasm',
  tried: [
    { backend: 'webgpu', error: 'is not offered here' },
    { backend: 'wasm', stepMs: 12 },
  ],
};
const JOINED: Action[] = [
  { kind: 'start' },
  BACKEND,
  event({ kind: 'joined', volunteer: 'v', again: false }),
  event({ kind: 'connected' }),
];
const round = (number: number, from = 0) =>
  event({ kind: 'round', round: number, version: 3, steps: 2, from, bytesDown: 1000 });
const step = (number: number, at: number, loss: number | null) =>
  event({
    kind: 'step',
    round: number,
    step: at,
    steps: 2,
    terms: loss === null ? null : { a: loss / 2, b: loss / 2 },
    imagesPerSecond: 40,
  });
const sent = (number: number, digest: string) =>
  event({
    kind: 'sent',
    round: number,
    receipt: {
      round: number,
      digest,
      bytes: 300,
      repeated: false,
      shard: 0,
      position: 1,
      staleness: 0,
    },
    parameters: 77,
    images: 9,
    report: {},
  });
const nothing = { images: new Float32Array(0), count: 0 };

describe('the state of a contribution', () => {
  test('goes from one stage to the next', () => {
    const stages: string[] = [];
    let run = IDLE;
    const actions = [
      ...JOINED,
      round(4),
      step(4, 1, 2),
      step(4, 2, 1),
      sent(4, 'abc'),
      { kind: 'pause' },
      { kind: 'resume' },
      event({ kind: 'disconnected', reason: 'transport close' }),
      event({ kind: 'connected' }),
      event({ kind: 'waiting', until: 1_000 }),
      event({ kind: 'connected' }),
      { kind: 'stop' },
      { kind: 'ended', data: nothing, trouble: null },
    ] satisfies Action[];
    for (const action of actions) stages.push(stageOf((run = reduce(run, action))));
    expect(stages).toEqual([
      'starting',
      'connecting',
      'connecting',
      'waiting',
      'looking',
      'learning',
      'sending',
      'waiting',
      'paused',
      'waiting',
      'reconnecting',
      'waiting',
      'resting',
      'waiting',
      'stopping',
      'stopped',
    ]);
  });

  test('says that a puzzle is being solved, until the tab has joined', () => {
    const solving = after({ kind: 'start' }, BACKEND, event({ kind: 'puzzle' }));
    expect(stageOf(solving)).toBe('proving');
    const joined = event({ kind: 'joined', volunteer: 'v', again: false });
    expect(stageOf(reduce(solving, joined))).toBe('connecting');
  });

  test('lists every upload and counts the bytes of both directions', () => {
    const run = after(...JOINED, round(4), sent(4, 'abc'), round(5), sent(5, 'def'));
    expect(run.sent).toEqual([
      { round: 5, bytes: 300, digest: 'def', parameters: 77, images: 9 },
      { round: 4, bytes: 300, digest: 'abc', parameters: 77, images: 9 },
    ]);
    expect([run.bytesUp, run.bytesDown]).toEqual([600, 2000]);
  });

  test('goes on where the round does when its device went, and says so', () => {
    const lost = { kind: 'replaced', round: 4, lost: 'webgpu', backend: 'wasm', step: 1 } as const;
    const run = after(...JOINED, round(4), step(4, 1, 2), step(4, 2, 1), event(lost));
    expect(run.work).toEqual({ round: 4, step: 1, steps: 2, from: 0 });
    expect(run.notes).toEqual([lost]);
    // The second step is taken again, behind the two on the curve.
    expect(reduce(run, step(4, 2, 1)).curve).toEqual({ steps: [1, 2, 3], loss: [2, 1, 1] });
    expect(run.backend).toMatchObject({ name: 'wasm' });
    expect(stageOf(run)).toBe('learning');
  });

  test('knows what the contribution takes of the memory, and the most that it may', () => {
    const memory = event({ kind: 'memory', images: 30, training: 12, most: 100 });
    expect(after(...JOINED, memory).memory).toEqual({ used: 42, most: 100 });
  });

  test('starting again forgets everything but what left the tab', () => {
    const run = after(...JOINED, round(4), step(4, 1, 2), sent(4, 'abc'), { kind: 'start' });
    expect(run).toEqual({
      ...IDLE,
      status: 'starting',
      sent: run.sent,
      bytesUp: 300,
      bytesDown: 1000,
    });
    expect(run.sent).toHaveLength(1);
  });

  test('draws one curve over all rounds, of the steps whose loss was read and is a number', () => {
    const run = after(
      ...JOINED,
      round(4),
      step(4, 1, 2),
      step(4, 2, null),
      sent(4, 'abc'),
      round(5),
      step(5, 1, Number.NaN),
      step(5, 2, 1),
    );
    expect(run.curve).toEqual({ steps: [1, 4], loss: [2, 1] });
  });

  test('a curve of any length stays small and keeps its ends', () => {
    let run = after(...JOINED, round(4));
    for (let i = 1; i <= 10_000; i++) {
      run = reduce(
        run,
        event({
          kind: 'step',
          round: 4,
          step: i,
          steps: 10_000,
          terms: { a: i },
          imagesPerSecond: 1,
        }),
      );
    }
    const { steps, loss } = run.curve;
    expect(steps.length).toBeLessThanOrEqual(1200);
    expect(steps).toEqual(loss);
    expect([steps[0], steps.at(-1)]).toEqual([1, 10_000]);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  test('a round that is sat out, closed or failed leaves a note, and the tab waits', () => {
    const trouble = { code: 407, detail: 'round 5 is closed' } as const;
    const run = after(
      ...JOINED,
      round(4),
      event({ kind: 'declined', round: 4, reason: 'unsure' }),
      round(5),
      step(5, 1, 1),
      event({ kind: 'failed', round: 5, trouble }),
    );
    expect(stageOf(run)).toBe('waiting');
    expect(run.notes).toEqual([
      { kind: 'failed', round: 5, trouble },
      { kind: 'declined', round: 4, reason: 'unsure' },
    ]);
  });

  test('the end of an older round does not disturb the one at work', () => {
    const run = after(
      ...JOINED,
      round(5),
      step(5, 1, 1),
      event({ kind: 'closed', round: 4, reason: 'full' }),
    );
    expect(run.work).toEqual({ round: 5, step: 1, steps: 2, from: 0 });
  });

  test('nor does a delta of an older one that comes to its end', () => {
    const run = after(...JOINED, round(5), step(5, 1, 1), sent(4, 'abc'));
    expect(run.work).toEqual({ round: 5, step: 1, steps: 2, from: 0 });
    expect(run.sent).toHaveLength(1);
  });

  test('a round that goes on after a reload begins at its step, on the curve as well', () => {
    const before = after(...JOINED, round(5, 1));
    expect(before.work).toEqual({ round: 5, step: 1, steps: 2, from: 1 });
    expect(stageOf(before)).toBe('learning');
    const run = reduce(before, step(5, 2, 3));
    expect(run.work).toEqual({ round: 5, step: 2, steps: 2, from: 1 });
    expect(run.curve).toEqual({ steps: [2], loss: [3] });
  });

  test('knows when the line is taken up again, until it is', () => {
    const run = after(...JOINED, event({ kind: 'waiting', until: 5_000 }));
    expect(run.backAt).toBe(5_000);
    expect(reduce(run, event({ kind: 'connected' })).backAt).toBe(null);
  });

  test('trouble that ends a contribution is kept for the page', () => {
    const trouble = { code: 301, detail: 'no project "x"' } as const;
    const run = after({ kind: 'start' }, { kind: 'ended', data: nothing, trouble });
    expect([stageOf(run), run.trouble]).toEqual(['failed', trouble]);
  });

  test('a stop that is asked for while starting is not undone by the start', () => {
    expect(stageOf(after({ kind: 'start' }, { kind: 'stop' }, BACKEND))).toBe('stopping');
  });

  test('passes on where the crowd stands', () => {
    const state = { phase: 'training', round: 4, accepted: 1 } as TrainingState;
    expect(after(...JOINED, event({ kind: 'state', state })).training).toBe(state);
  });
});
