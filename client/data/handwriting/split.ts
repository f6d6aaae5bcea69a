/**
 * Who writes for what. Splits go by writer, never by image: a model that has
 * seen a hand once has seen all of its letters' habits.
 */
import { Random } from '../../../shared/math/random.ts';

/** Writers in the data set; fonts.ts lists as many. */
export const WRITER_COUNT = 64;
export const LABELLED_WRITERS = 1;
export const VALIDATION_WRITERS = 7;
/** Four volunteers of the demo and one shard for a browser. */
export const SHARDS = 5;
export const WRITERS_PER_SHARD = 8;

/** Test writers, the same for every seed: 3, 7, ... 63. */
export const TEST_WRITERS: readonly number[] = Array.from(
  { length: WRITER_COUNT / 4 },
  (_, i) => 4 * i + 3,
);

export interface WriterSplit {
  /** 16 writers for final figures only. */
  test: number[];
  /** One writer whose labels the server starts from. */
  labelled: number[];
  /** 7 writers for the server's quality gate and for tuning. */
  validation: number[];
  /** 5 volunteers' lists of 8 writers each, used without labels. */
  shards: number[][];
}

/**
 * Deals the 48 writers that are not test writers.
 *
 * @param seed any finite number; the same seed gives the same split everywhere
 * @returns disjoint lists of writer numbers, 0 to 63, which cover all of them
 */
export function splitWriters(seed: number): WriterSplit {
  const test = new Set(TEST_WRITERS);
  const others = Array.from({ length: WRITER_COUNT }, (_, i) => i).filter((i) => !test.has(i));
  new Random(seed).fork('handwriting split').shuffle(others);
  const deal = (count: number): number[] => others.splice(0, count).sort((a, b) => a - b);
  return {
    test: [...TEST_WRITERS],
    labelled: deal(LABELLED_WRITERS),
    validation: deal(VALIDATION_WRITERS),
    shards: Array.from({ length: SHARDS }, () => deal(WRITERS_PER_SHARD)),
  };
}
