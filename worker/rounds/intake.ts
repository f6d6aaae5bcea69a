import type { Recipe } from '../../shared/api/recipe.ts';
import type { Part } from '../../shared/aggregation/contract.ts';
import type { Tally } from '../../shared/aggregation/tally.ts';
import type { Sums } from '../../shared/kernels/accumulate/sums.ts';
import { admitNorm } from '../../shared/rounds/admit.ts';
import type { Opened } from '../../shared/weights/codec.ts';
import { CHUNK } from './chunks.ts';
import type { Entry, Log } from './log.ts';

/**
 * The running sum is written down when the deltas behind the last one are this many times as long:
 * so it costs at most a quarter more writing, and a replay is never longer than that.
 */
const CHECKPOINT_RATIO = 4;

/**
 * A shard's running sums, of the open round and of one that waits to be fetched: in memory, made
 * again from the log when they are lost. O(model), however many volunteers there are.
 */
export class Intake {
  readonly #log: Log;
  readonly #recipe: Recipe;
  readonly #sums: Sums;
  readonly #tallies = new Map<number, Tally>();

  constructor(log: Log, recipe: Recipe, sums: Sums) {
    this.#log = log;
    this.#recipe = recipe;
    this.#sums = sums;
  }

  /** A delta that is whole, finite and not too large. @throws Problem 401-405. */
  check(message: Uint8Array): Opened {
    const { plan, model } = this.#recipe;
    const delta = this.#sums.open(message, { count: model.sent.layout.size, scheme: plan.codec });
    const norm = delta.norm();
    // 404 says more than 405. A finite norm needs no second look here: the tally takes one.
    if (!Number.isFinite(norm)) delta.assertFinite();
    admitNorm(norm);
    return delta;
  }

  /** The place of the next delta of a round. */
  next(round: number): number {
    return this.#tally(round).count + 1;
  }

  /** Adds a checked delta. It has to be written down, or what is held of its round to be forgotten. */
  add(delta: Opened, { round, images, staleness }: Entry): void {
    this.#tally(round).add(delta, images, { staleness });
  }

  /** How long the sum of a round is where it is written down. */
  sumBytes(round: number): number {
    return 8 * this.#recipe.model.sent.layout.size * Math.max(1, this.#tally(round).parts.length);
  }

  /**
   * Writes down what has been added since the last time, all of one round, in the caller's
   * transaction: as it came, or as the sum that it is in where there are no bodies. When this throws,
   * `forget`.
   */
  write(entries: readonly Entry[], bodies: readonly Uint8Array[] | undefined): void {
    for (const [i, entry] of entries.entries()) this.#log.append(entry, bodies?.[i]);
    const { round, position } = entries.at(-1) as Entry;
    if (bodies && this.#log.uncovered(round) < CHECKPOINT_RATIO * this.sumBytes(round)) return;
    this.#log.atomically('checkpoint', () =>
      this.#log.checkpoint(round, position, this.#tally(round).chunks(CHUNK)),
    );
  }

  parts(round: number): Part[] {
    return this.#tally(round).parts;
  }

  read(round: number, from: number, to: number): Float64Array[] {
    return this.#tally(round).read(from, to);
  }

  /** Whatever is held of rounds up to this one in memory; the log still has it. */
  forget(round: number): void {
    for (const [of, tally] of this.#tallies) {
      if (of > round) continue;
      tally.free();
      this.#tallies.delete(of);
    }
  }

  #tally(round: number): Tally {
    const known = this.#tallies.get(round);
    if (known) return known;
    const tally = this.#replay(round);
    this.#tallies.set(round, tally);
    return tally;
  }

  #replay(round: number): Tally {
    const { model, pipeline } = this.#recipe;
    const { size } = model.sent.layout;
    const { make, open } = this.#sums;
    const written = this.#log.covered(round);
    const tally = written ? pipeline.restore(written, size, make) : pipeline.begin(size, make);
    for (const { entry, message } of this.#log.behind(round))
      tally.add(open(message, { count: size }), entry.images, { staleness: entry.staleness });
    return tally;
  }
}
