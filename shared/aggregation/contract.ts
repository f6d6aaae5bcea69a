/**
 * A number that a plan may set. Names are unique over a pipeline: `clipNorm`, `serverRate`.
 * `whole`: integers only.
 */
export type Setting = { default: number; min: number; max: number; title: string; whole?: true };
export type Settings = Readonly<Record<string, Setting>>;

/** The checked values of a rule's settings: every name is there, in its range. */
export type Values<S extends Settings> = { readonly [Name in keyof S]: number };

type Rule<S extends Settings> = {
  title: string;
  /** A link to the paper. */
  paper: string;
  settings: S;
};

/** What a rule sees of a volunteer's delta: never its numbers. */
export type Incoming = {
  /** Its L2 norm after the rules before this one, finite and >= 0. */
  norm: number;
  /** Versions that were made since the one it started from; 0 in a synchronous round. */
  staleness: number;
};

/**
 * What happens to each delta before it is counted. A delta is decoded straight into the running
 * sum and never held as a whole, so a rule can scale it and no more; whatever changes single
 * coordinates (noise, sparsifying) belongs into the tab, or onto the sum.
 */
export type Before<S extends Settings = Settings> = Rule<S> & {
  /** @returns the factor, finite and >= 0, that the delta is multiplied by; its weight stays. */
  factor(delta: Incoming, values: Values<S>): number;
};

/** One running sum of weighted deltas: the summed weight, and how many deltas made it. */
export type Part = { weight: number; count: number };

/**
 * The setting of every rule that has to tell deltas apart. A shard cannot keep them all, so the k-th
 * goes into bucket k mod `buckets`, and the rule works on the buckets' means (Karimireddy et al.
 * 2022, "Byzantine-robust learning on heterogeneous datasets via bucketing"; their order is random, ours
 * that of arrival, so that a log replayed makes the same bits). Up to so many deltas a
 * shard each is a part of its own, which is the rule as published; of more, one bad delta spoils one
 * bucket and no more. 8 sums of a million parameters are 64 MB, half of what an isolate may hold.
 */
export const BUCKETS = {
  buckets: {
    default: 8,
    min: 1,
    max: 64,
    whole: true,
    title: 'Running sums a shard keeps, for the rule to compare',
  },
} satisfies Settings;

type Comparing<S extends Settings> = Rule<S> & {
  settings: typeof BUCKETS;
  /**
   * Whether a minority of bad parts cannot drag the result. It takes three parts to have one: a plan
   * that never has them is refused, and a round that comes to fewer takes its shortest part.
   */
  robust: boolean;
  /** Why deltas of unlike versions break the rule: an asynchronous plan is refused with these words. */
  breaksAsync?: string;
  /**
   * What keeps the rule from its promise with so many parts, and which setting to change; null when
   * nothing does. A plan is refused with these words. A round may still come to as few parts: the
   * rule then does the best it can, says in its docstring what that is, and never throws.
   */
  lacks?(parts: number, values: Values<S>): string | null;
};

/** A rule that needs nothing but the sum of everything: a shard keeps one. */
export type SumRule<S extends Settings = Settings> = Rule<S> & { reads: 'sum' };

/** A rule that looks at one coordinate at a time. */
export type ColumnRule<S extends Settings = Settings> = Comparing<S> & {
  reads: 'columns';
  /**
   * @param column the parts' means of one coordinate, ascending, at least one; or, where the rule is
   *   robust, at least three
   * @returns the combined coordinate
   */
  pick(column: Float64Array, values: Values<S>): number;
};

/**
 * A rule whose result is a weighted sum of the parts, with weights that follow from their inner
 * products alone. Those are added up slice by slice, so the rule never sees a whole vector.
 */
export type ProductRule<S extends Settings = Settings> = Comparing<S> & {
  reads: 'products';
  /** What is weighed at once: all of the model, or each layer (an entry of the layout) for itself. */
  over: 'model' | 'layer';
  /**
   * @param products [n + 1, n + 1]: the inner products of the n parts' means and, last, of the base
   *   weights that the round started from
   * @returns [n + 1]: what the means, and the base weights, are multiplied by
   */
  weigh(products: readonly Float64Array[], parts: readonly Part[], values: Values<S>): Float64Array;
};

/** How the parts become one delta. A rule has no state: what a shard keeps are sums. */
export type Combine = SumRule | ColumnRule | ProductRule;

/**
 * The server's optimiser: it reads the combined delta as a negative gradient (Reddi et al. 2021,
 * "Adaptive federated optimization", algorithm 1).
 */
export type After<S extends Settings = Settings> = Rule<S> & {
  /** The state before the first round; of length 0 where the rule remembers nothing. */
  begin(size: number, values: Values<S>): Float32Array;
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
