import type { Combine, Counted } from '../contract.ts';

/** `sum` is the sum of weight * factor * delta, [size]. */
type Sum = Counted & { sum: Float64Array };

/** Weight and count in front of the sum. */
const HEAD = 2;

/**
 * The mean of the deltas, weighted by the examples each was learned from: the server's line of
 * FederatedAveraging, `w <- sum (n_k / n) w_k` (McMahan et al. 2017, algorithm 1), on deltas.
 * The sum is in float64: shards and arrivals in any order then agree to about 1e-15, far below the
 * float32 of the result. It is not bit for bit the same in every order; that would take integers,
 * and nobody downstream can tell the difference.
 */
export const weightedMean: Combine<Sum, Record<never, never>> = {
  title: 'Weighted mean',
  paper: 'https://arxiv.org/abs/1602.05629',
  settings: {},
  reads: 'sum',

  begin: (size) => ({ sum: new Float64Array(size), weight: 0, count: 0 }),

  add(state, delta, weight, factor) {
    delta.accumulate(state.sum, weight * factor);
    state.weight += weight;
    state.count++;
  },

  merge(into, from) {
    if (into.sum.length !== from.sum.length)
      throw new Error(`weighted-mean: sums of ${into.sum.length} and ${from.sum.length} numbers`);
    for (let i = 0; i < into.sum.length; i++) into.sum[i]! += from.sum[i]!;
    into.weight += from.weight;
    into.count += from.count;
  },

  finish({ sum, weight, count }) {
    if (count === 0) throw new Error('weighted-mean: no delta was counted');
    return Float32Array.from(sum, (value) => value / weight);
  },

  pack({ sum, weight, count }) {
    const words = new Float64Array(HEAD + sum.length);
    words.set([weight, count]);
    words.set(sum, HEAD);
    return new Uint8Array(words.buffer);
  },

  unpack(bytes, size) {
    // Copied first: storage may hand out a view at any offset, and Float64Array wants a multiple of 8.
    const copy = bytes.slice();
    if (copy.length !== 8 * (HEAD + size))
      throw new Error(`weighted-mean: ${copy.length} bytes for a sum of ${size} numbers`);
    const words = new Float64Array(copy.buffer);
    return { sum: words.subarray(HEAD), weight: words[0]!, count: words[1]! };
  },
};
