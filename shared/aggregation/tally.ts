import { Problem } from '../api/problem.ts';
import type { Opened } from '../weights/codec.ts';
import { plainSum, type MakeSum } from '../weights/sum.ts';
import type { Before, Part } from './contract.ts';
import { pack, unpack, type Bucket } from './snapshot.ts';
import type { Source } from './slices.ts';

/** Heavier than any volunteer's images; keeps weight * delta far from the end of float64. */
const LARGEST_WEIGHT = 1e9;

/** What a tally needs to know of its pipeline. */
export type TallyRules = {
  before: readonly Before[];
  values: Readonly<Record<string, number>>;
  /** Parts that it keeps at most: 1 where the combining rule needs no more than the sum. */
  buckets: number;
};

/**
 * The deltas of one round so far: what a shard keeps. Deltas are decoded straight into it, and its
 * size is that of `buckets` models, however many deltas there were. The k-th delta goes into bucket
 * k mod `buckets`: adding the same deltas in the same order makes the same bits.
 * A tally is the source that the root reads when the round is closed; nothing may be added while it
 * does.
 */
export class Tally implements Source {
  readonly #rules: TallyRules;
  readonly #size: number;
  readonly #makeSum: MakeSum;
  readonly #buckets: Bucket[] = [];

  constructor(rules: TallyRules, size: number, makeSum: MakeSum = plainSum) {
    this.#rules = rules;
    this.#size = size;
    this.#makeSum = makeSum;
  }

  /** A tally from what `snapshot` or `chunks` gave. @throws when it is not one of this size and plan. */
  static restore(
    rules: TallyRules,
    chunks: Iterable<Uint8Array>,
    size: number,
    makeSum: MakeSum = plainSum,
  ): Tally {
    const tally = new Tally(rules, size, makeSum);
    try {
      unpack(chunks, tally.#buckets, { size, most: rules.buckets, makeSum });
    } catch (error) {
      tally.free();
      throw error;
    }
    return tally;
  }

  get weight(): number {
    return this.#buckets.reduce((total, { weight }) => total + weight, 0);
  }

  get count(): number {
    return this.#buckets.reduce((total, { count }) => total + count, 0);
  }

  /** A copy; buckets without a delta are not in it. */
  get parts(): Part[] {
    return this.#buckets.map(({ weight, count }) => ({ weight, count }));
  }

  /**
   * Counts a delta. Either all of it is counted or, when this throws, nothing.
   * @param weight how much it counts against the others: the examples it was learned from
   * @param staleness versions made since the one it started from
   * @returns its norm, and the factor the `before` rules scaled it by (1: untouched)
   * @throws Problem 101 for a weight that is not in (0, 1e9], 404 when a number is not finite.
   */
  add(
    delta: Opened,
    weight: number,
    { staleness }: { staleness: number } = { staleness: 0 },
  ): { norm: number; factor: number } {
    if (!(weight > 0 && weight <= LARGEST_WEIGHT))
      throw new Problem(101, `weight: ${weight} is not in (0, ${LARGEST_WEIGHT}]`);
    if (!(Number.isInteger(staleness) && staleness >= 0))
      throw new Error(`tally: a staleness of ${staleness} versions`);
    if (delta.count !== this.#size)
      throw new Error(`tally: a delta of ${delta.count} numbers for a model of ${this.#size}`);
    delta.assertFinite();
    const norm = delta.norm();
    const { before, values } = this.#rules;
    const factor = before.reduce(
      (f, rule) => f * rule.factor({ norm: f * norm, staleness }, values),
      1,
    );
    this.#count(delta, weight, factor);
    return { norm, factor };
  }

  /**
   * Numbers `from` up to but without `to` of every part's sum of `weight * factor * delta`: fresh
   * copies, in the order of `parts`.
   */
  read(from: number, to: number): Float64Array[] {
    return this.#buckets.map(({ sum }) => sum.values().slice(from, to));
  }

  /** A copy as bytes, in one piece: 8 a parameter and part. */
  snapshot(): Uint8Array {
    const chunks = [...this.chunks()];
    const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    chunks.reduce((at, chunk) => (whole.set(chunk, at), at + chunk.length), 0);
    return whole;
  }

  /**
   * The bytes of `snapshot` in pieces of at most `most`: a SQLite row holds 2 MB. They are the sums
   * themselves, each good until the next is asked for; nothing may be added between two of them.
   */
  chunks(most = 1 << 20): Generator<Uint8Array> {
    return pack(this.#buckets, this.#size, most);
  }

  /** Gives the sums' memory back; the tally must not be used any more. */
  free(): void {
    for (const { sum } of this.#buckets) sum.free();
  }

  #count(delta: Opened, weight: number, factor: number): void {
    const at = this.count % this.#rules.buckets;
    const bucket = this.#buckets[at] ?? { weight: 0, count: 0, sum: this.#makeSum(this.#size) };
    bucket.sum.add(delta, weight * factor);
    bucket.weight += weight;
    bucket.count++;
    this.#buckets[at] = bucket;
  }
}
