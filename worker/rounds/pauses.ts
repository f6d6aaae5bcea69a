/** Up to so many shards tell the coordinator at once whatever changes. */
const FEW_SHARDS = 8;

/** A call of the coordinator's every so many milliseconds, from all shards together. */
const MS_PER_SHARD = 4;

/** News with nothing else in them are so many times rarer: whoever reports hears them in the answer. */
const NEWS_PAUSES = 3;

/**
 * Milliseconds between two calls that a shard and its coordinator make to each other for mere counts:
 * in proportion, so that all of them together come to 250 a second. An object answers 1,000, softly
 * (docs/scale.md), and orders that cannot wait come on top.
 */
export function callPauseMs(shards: number): number {
  return shards <= FEW_SHARDS ? 0 : shards * MS_PER_SHARD;
}

/** The same for calls that only bring news. */
export function newsCallPauseMs(shards: number): number {
  return Math.max(200, NEWS_PAUSES * callPauseMs(shards));
}

/**
 * A message to a line cost workerd 44 us of its one thread (1,000 lines, 100 messages of 230 bytes each,
 * on the machine of docs/results.md): every eight milliseconds that is half a per cent of it, whatever
 * the crowd; an isolate may carry several shards.
 */
const MS_PER_LINE = 8;

/** So long at most an object stays awake for counts. 5,000 lines, as many as it takes, cost 2 % then. */
const MOST_MS = 10_000;

/** Milliseconds between two rounds of counts to that many lines. */
export function linesPauseMs(lines: number): number {
  return Math.min(MS_PER_LINE * lines, MOST_MS);
}
