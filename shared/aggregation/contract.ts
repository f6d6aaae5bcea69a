import type { Opened } from '../weights/codec.ts';

/** A number that a plan may set. Names are unique over a pipeline: `clipNorm`, `serverRate`. */
export type Setting = { default: number; min: number; max: number; title: string };
export type Settings = Readonly<Record<string, Setting>>;

/** The checked values of a rule's settings: every name is there, in its range. */
export type Values<S extends Settings> = { readonly [Name in keyof S]: number };

/** What a rule sees of a volunteer's delta: never the whole of it as floats. */
export type Delta = Pick<Opened, 'count' | 'accumulate' | 'norm' | 'assertFinite'>;

type Rule<S extends Settings> = {
  title: string;
  /** A link to the paper. */
  paper: string;
  settings: S;
};

/**
 * What happens to each delta before it is counted. A delta is decoded straight into the running
 * sum and never held as a whole, so a rule can scale it and no more; whatever changes single
 * coordinates (noise, sparsifying) belongs into the tab, or onto the sum.
 */
export type Before<S extends Settings = Settings> = Rule<S> & {
  /**
   * @param norm the delta's L2 norm after the rules before this one, finite and >= 0
   * @returns the factor, finite and >= 0, that the delta is multiplied by
   */
  factor(norm: number, values: Values<S>): number;
};

/** What every combining rule knows: the summed weight, and how many deltas made it. */
export type Counted = { weight: number; count: number };

/**
 * How many deltas become one. The state is opaque to the pipeline; a shard keeps one, packs it
 * into storage, and the root merges those of all shards.
 */
export type Combine<State extends Counted = Counted, S extends Settings = Settings> = Rule<S> & {
  /** 'sum': the state is one running sum, O(model). 'each': it must tell deltas apart and keeps several. */
  reads: 'sum' | 'each';
  begin(size: number, values: Values<S>): State;
  /** Counts `factor * delta` with the weight. All three arguments were checked by the pipeline. */
  add(state: State, delta: Delta, weight: number, factor: number): void;
  /** Counts into `into` what was counted in `from`, as if it had been added there. */
  merge(into: State, from: State): void;
  /** @returns the combined delta, [size], in units of weights. @throws when nothing was counted. */
  finish(state: State, values: Values<S>): Float32Array;
  /** @returns a copy that outlives the state. */
  pack(state: State): Uint8Array;
  /** @throws when the bytes are not a state of this size. */
  unpack(bytes: Uint8Array, size: number): State;
};

/**
 * The server's optimiser: it reads the combined delta as a negative gradient (Reddi et al. 2021,
 * "Adaptive federated optimization", algorithm 1).
 */
export type After<S extends Settings = Settings> = Rule<S> & {
  /** The state before the first round; of length 0 where the rule remembers nothing. */
  begin(size: number): Float32Array;
  /**
   * @param mean the combined delta, [size]  @param state from `begin` or the round before
   * @returns the step to add to the weights, [size], and the state of the next round; both fresh
   */
  step(
    mean: Float32Array,
    state: Float32Array,
    values: Values<S>,
  ): { step: Float32Array; state: Float32Array };
};
