import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Assignments, type Ends } from '../../client/sdk/assignments.ts';
import { isSame, type WorkId } from '../../client/sdk/memory.ts';
import type { Assignment } from '../../shared/protocol/messages.ts';

const asked = (round: number, version = 1, seed = round): Assignment => ({
  ...{ round, version, seed, weights: '', rate: 1, deadline: 0, ticket: '' },
});

/** A piece of work that was begun, in the test's hands. */
type Begun = { id: WorkId; ends: Ends; isOver: boolean; end(settled: boolean): void };

/** Lets what was promised happen. */
const settle = () => vi.advanceTimersByTimeAsync(0);

/** Assignments whose work is done by the test. Learning that is called off ends by itself, as training does. */
function create() {
  const begun: Begun[] = [];
  let hurried = 0;
  const assignments = new Assignments({
    hurry: () => void hurried++,
    work: ({ round, version, seed }, ends) =>
      new Promise<boolean>((resolve) => {
        const work: Begun = {
          ...{ id: { round, version, seed }, ends, isOver: false },
          end(settled) {
            this.isOver = true;
            resolve(settled);
          },
        };
        begun.push(work);
        ends.sending.addEventListener('abort', () => work.end(false));
      }),
  });
  return { assignments, begun, hurried: () => hurried };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('an assignment', () => {
  test('that comes again while it is worked on changes nothing', async () => {
    const { assignments, begun, hurried } = create();
    for (let i = 0; i < 3; i++) assignments.take(asked(1));
    await settle();
    expect(begun).toHaveLength(1);
    expect(begun[0]!.ends.learning.aborted).toBe(false);
    expect(hurried()).toBe(0);
  });

  test.each([
    ['another round', asked(2, 1, 1)],
    ['another version', asked(1, 2, 1)],
    ['another seed', asked(1, 1, 2)],
  ])('of %s is another one', async (_, other) => {
    const { assignments, begun } = create();
    assignments.take(asked(1));
    await settle();
    assignments.take(other);
    expect(begun[0]!.ends.learning.aborted).toBe(true);
    begun[0]!.end(false);
    await settle();
    expect(begun).toHaveLength(2);
  });

  test('that was settled is not begun again; one that was not is', async () => {
    const { assignments, begun } = create();
    for (const settled of [false, true]) {
      assignments.take(asked(1));
      await settle();
      begun.at(-1)!.end(settled);
      await settle();
    }
    assignments.take(asked(1));
    await settle();
    expect(begun).toHaveLength(2);
  });
});

describe('a delta that is on its way when a newer assignment comes', () => {
  test('has a quarter of a minute, and is told to hurry', async () => {
    const { assignments, begun, hurried } = create();
    assignments.take(asked(1));
    await settle();
    assignments.take(asked(2));
    expect(hurried()).toBe(1);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(begun).toHaveLength(1);
    expect(begun[0]!.ends.sending.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2000);
    expect(begun[0]!.ends.sending.aborted).toBe(true);
    expect(begun).toHaveLength(2);
  });

  test('and is settled by then leaves nothing behind', async () => {
    const { assignments, begun } = create();
    assignments.take(asked(1));
    await settle();
    assignments.take(asked(2));
    begun[0]!.end(true);
    await settle();
    expect(begun).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a round that is over', () => {
  test('ends its work and that of the rounds before, of learning and of sending', async () => {
    const { assignments, begun } = create();
    assignments.take(asked(2));
    await settle();
    expect(assignments.close(1, 'full')).toBe(false);
    expect(assignments.close(2, 'full')).toBe(true);
    expect(begun[0]!.ends.learning.reason).toMatchObject({ message: 'full' });
    expect(begun[0]!.ends.sending.reason).toMatchObject({ message: 'full' });
    expect(assignments.close(2, 'full')).toBe(false);
  });

  test('before its work was begun never begins it', async () => {
    const { assignments, begun } = create();
    assignments.take(asked(1));
    await settle();
    assignments.take(asked(2));
    assignments.close(2, 'full');
    await settle();
    expect(begun.map(({ id }) => id.round)).toEqual([1]);
  });
});

test('whatever happens, one thing is done at a time, nothing that is settled twice, and the last is done', async () => {
  const ids = fc.record({
    round: fc.integer({ min: 1, max: 3 }),
    version: fc.integer({ min: 1, max: 2 }),
    seed: fc.integer({ min: 1, max: 2 }),
  });
  const step = fc.oneof(
    ids.map((id) => ({ kind: 'take' as const, id })),
    fc.boolean().map((settled) => ({ kind: 'end' as const, settled })),
    fc.integer({ min: 1, max: 3 }).map((round) => ({ kind: 'close' as const, round })),
    fc.constant({ kind: 'wait' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { assignments, begun } = create();
      /** What should be at work: the last that came and is neither closed nor at its end. */
      let wanted: WorkId | undefined;
      let settled: WorkId | undefined;
      for (const one of steps) {
        if (one.kind === 'take') {
          const known = [wanted, settled].some((id) => id && isSame(id, one.id));
          assignments.take({ ...asked(0), ...one.id });
          if (!known) wanted = one.id;
        } else if (one.kind === 'close') {
          assignments.close(one.round, 'over');
          if (wanted && wanted.round <= one.round) wanted = undefined;
        } else if (one.kind === 'end') {
          const work = begun.find(({ isOver }) => !isOver);
          work?.end(one.settled);
          if (work && one.settled) settled = work.id;
          // One that was replaced may have come again since; settled, it is done by that.
          const counts = one.settled || !work?.ends.learning.aborted;
          if (work && counts && wanted && isSame(work.id, wanted)) wanted = undefined;
        }
        await vi.advanceTimersByTimeAsync(one.kind === 'wait' ? 16_000 : 0);
        const open = begun.filter(({ isOver }) => !isOver);
        expect(open.length).toBeLessThanOrEqual(1);
        // Who learns is who should; somebody before it may still be sending.
        const learns = open.filter(({ ends }) => !ends.learning.aborted);
        expect(learns.every(({ id }) => wanted && isSame(id, wanted))).toBe(true);
      }
      await vi.advanceTimersByTimeAsync(16_000);
      const open = begun.filter(({ isOver }) => !isOver);
      expect(open.map(({ id }) => id)).toEqual(wanted ? [wanted] : []);
      assignments.stop('stopped');
      await settle();
      expect(begun.every(({ isOver }) => isOver)).toBe(true);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 200, seed: 1 },
  );
});
