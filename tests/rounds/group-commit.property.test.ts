/** Group commit in random company: whatever happens, what is acknowledged is what a replay sums. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Problem } from '../../shared/api/problem.ts';
import { createPipeline, type Pipeline } from '../../shared/aggregation/pipeline.ts';
import type { Mode } from '../../shared/rounds/cohort.ts';
import { open } from '../../shared/weights/codec.ts';
import type { Counted } from '../../worker/rounds/group-commit.ts';
import { arrived, declined, left, ordered } from './cohorts.ts';
import { baseOf } from './events.ts';
import { bodyOf, claimOf, imagesOf, SIZE, ToyShard } from './toy-shard.ts';

const EVERYBODY = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const PLAIN = { before: [], after: 'fedavg', settings: {} } as const;
const ONE = createPipeline({ ...PLAIN, combine: 'weighted-mean' });
const THREE = createPipeline({ ...PLAIN, combine: 'coordinate-median', settings: { buckets: 3 } });

type Op =
  | { op: 'send'; volunteer: string; variant: number; late: boolean }
  | { op: 'event'; of: 'arrived' | 'left' | 'declined'; volunteer: string }
  | { op: 'flush' | 'wait' | 'crash' | 'next round' | 'close' }
  | { op: 'fail'; statements: number };

const volunteer = fc.constantFrom(...EVERYBODY);
const send = fc.record({
  ...{ op: fc.constant('send' as const), volunteer, late: fc.boolean() },
  variant: fc.constantFrom(0, 0, 0, 1),
});
const ops: fc.Arbitrary<Op[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: send },
    {
      weight: 2,
      arbitrary: fc.record({
        ...{ op: fc.constant('event' as const), volunteer },
        of: fc.constantFrom('arrived' as const, 'left' as const, 'declined' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constantFrom('flush', 'flush', 'wait', 'crash', 'next round', 'close'),
      }) as fc.Arbitrary<Op>,
    },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('fail' as const), statements: fc.nat(12) }),
    },
  ),
  { maxLength: 60 },
);

/** Runs them, and keeps what the volunteers were told. */
class Story {
  readonly shard: ToyShard;
  readonly acknowledged: Counted[] = [];
  readonly #pipeline: Pipeline;
  #round = 1;

  constructor(pipeline: Pipeline, mode: Mode) {
    this.#pipeline = pipeline;
    this.shard = new ToyShard(pipeline, mode, EVERYBODY, 5);
  }

  async run(op: Op): Promise<void> {
    const { shard } = this;
    if (op.op === 'send') this.#send(op);
    if (op.op === 'flush') shard.commits.flush();
    if (op.op === 'wait') vi.advanceTimersByTime(250);
    if (op.op === 'crash') {
      vi.clearAllTimers();
      shard.restart();
    }
    if (op.op === 'fail') {
      shard.disk.failAfter(op.statements);
      shard.commits.flush();
      shard.disk.mend();
    }
    if (op.op === 'event')
      shard.dispatch(
        op.of === 'declined'
          ? declined(op.volunteer, this.#round)
          : (op.of === 'left' ? left : (id: string) => arrived(id)[0]!)(op.volunteer),
      );
    if (op.op === 'next round') this.#order(++this.#round, true);
    if (op.op === 'close') this.#order(this.#round, false);
    // Whoever is to hear of it has heard.
    await new Promise((resolve) => setImmediate(resolve));
    const { sealed } = shard.cohort;
    expect(sealed.counts.accepted).toBe(this.#of(sealed.round).length);
  }

  #order(round: number, isOpen: boolean): void {
    this.shard.dispatch(ordered({ round, open: isOpen, bases: [baseOf(1)], quota: 5 }));
  }

  #send({ volunteer: id, variant, late }: Op & { op: 'send' }): void {
    const round = Math.max(1, this.#round - Number(late));
    try {
      this.shard.commits.takeIn(bodyOf(id, variant), claimOf(id, { round, variant })).then(
        (counted) => this.acknowledged.push(counted),
        (error: Error) => expect(error.message).toBe('disk full'),
      );
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
    }
  }

  /** Acknowledged in a round, each once, in the order of its place. */
  #of(round: number) {
    const entries = this.acknowledged.filter(({ entry }) => entry.round === round);
    const each = new Map(entries.map(({ entry }) => [entry.position, entry]));
    return [...each.values()].sort((a, b) => a.position - b.position);
  }

  check(): void {
    const intake = this.shard.intake();
    for (let round = 1; round <= this.#round; round++) {
      const mine = this.#of(round);
      expect(mine.map(({ position }) => position)).toEqual(mine.map((_, i) => i + 1));
      const names = mine.map(({ asked, digest }) => `${asked} ${digest}`);
      expect(new Set(names).size).toBe(mine.length);
      const tally = this.#pipeline.begin(SIZE);
      for (const { volunteer: id, digest, staleness } of mine) {
        const body = bodyOf(id, Number(digest.split(' ')[1]));
        tally.add(open(body, { count: SIZE }), imagesOf(id), { staleness });
      }
      expect(intake.parts(round)).toEqual(tally.parts);
      expect(intake.read(round, 0, SIZE)).toEqual(tally.read(0, SIZE));
    }
    const { round, counts } = this.shard.cohort;
    expect(counts.accepted).toBe(this.#of(round).length);
  }
}

for (const mode of ['sync', 'async'] as const)
  for (const [parts, pipeline] of [
    ['one part', ONE],
    ['three', THREE],
  ] as const)
    test(`${mode}, ${parts}: the acknowledged deltas are what a replay sums, bit for bit`, async () => {
      vi.useFakeTimers({ toFake: ['setTimeout'] });
      try {
        await fc.assert(
          fc.asyncProperty(ops, async (list) => {
            const story = new Story(pipeline, mode);
            for (const op of list) await story.run(op);
            await story.run({ op: 'flush' });
            story.check();
          }),
          { seed: 9, numRuns: 150 },
        );
      } finally {
        vi.useRealTimers();
      }
    });
