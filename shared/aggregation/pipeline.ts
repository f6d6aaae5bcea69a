import { Problem } from '../api/problem.ts';
import { firstNotFinite } from '../weights/delta.ts';
import type { After, Before, Combine, Counted, Delta, Settings } from './contract.ts';
import type { AfterId, BeforeId, CombineId } from './ids.ts';
import { AFTER, BEFORE, COMBINE } from './index.ts';
import { resolve } from './settings.ts';

/** The rules of a project, as its plan names them. */
export type PipelineConfig = {
  before: readonly BeforeId[];
  combine: CombineId;
  after: AfterId;
  settings: Readonly<Record<string, number>>;
};

/** What a round came to. */
export type Outcome = {
  /** To add to the round's weights, [size]. */
  step: Float32Array;
  /** For the next round's `finish`. */
  afterState: Float32Array;
  /** Sum of the weights of all deltas, and how many they were. */
  weight: number;
  count: number;
};

/** before -> combine -> after, with their settings checked. Holds no state of any round. */
export type Pipeline = {
  /** Every setting of the three stages, defaults filled in: what to show and to log. */
  values: Readonly<Record<string, number>>;
  /** An empty tally for a model of `size` parameters. */
  begin(size: number): Tally;
  /** A tally from what `snapshot` gave. @throws when it is not one of this size. */
  restore(snapshot: Uint8Array, size: number): Tally;
};

/** Heavier than any volunteer's images; keeps weight * delta far from the end of float64. */
const LARGEST_WEIGHT = 1e9;

/** @throws Problem 303 for an unknown or doubled rule, an unknown setting, or one out of range. */
export function createPipeline(config: PipelineConfig): Pipeline {
  const before = config.before.map((id) => ruleOf<Before>(BEFORE, id, 'before'));
  if (new Set(before).size < before.length)
    throw new Problem(303, `aggregation: a rule is named twice in ${config.before.join(', ')}`);
  const combine = ruleOf<Combine>(COMBINE, config.combine, 'combine');
  const after = ruleOf<After>(AFTER, config.after, 'after');
  const declared: Settings[] = [...before, combine, after].map((rule) => rule.settings);
  const rules = { before, combine, after, values: resolve(declared, config.settings) };
  return {
    values: rules.values,
    begin: (size) => new Tally(rules, size, combine.begin(size, rules.values)),
    restore: (bytes, size) => new Tally(rules, size, combine.unpack(bytes, size)),
  };
}

/** Plans come from a database, where a rule that was since removed may still be named. */
function ruleOf<Rule>(table: Record<string, Rule>, id: string, stage: string): Rule {
  const rule = Object.hasOwn(table, id) ? table[id] : undefined;
  if (!rule) throw new Problem(303, `aggregation: there is no ${stage} rule "${id}"`);
  return rule;
}

type Rules = {
  before: readonly Before[];
  combine: Combine;
  after: After;
  values: Readonly<Record<string, number>>;
};

/**
 * The deltas of one round so far: what a shard keeps. Deltas are decoded straight into it; its
 * size does not depend on how many there were.
 */
export class Tally {
  readonly #rules: Rules;
  readonly #size: number;
  readonly #state: Counted;

  constructor(rules: Rules, size: number, state: Counted) {
    this.#rules = rules;
    this.#size = size;
    this.#state = state;
  }

  get weight(): number {
    return this.#state.weight;
  }

  get count(): number {
    return this.#state.count;
  }

  /**
   * Counts a delta. Either all of it is counted or, when this throws, nothing.
   * @param weight how much it counts against the others: the examples it was learned from
   * @returns its norm, and the factor the `before` rules scaled it by (1: untouched)
   * @throws Problem 101 for a weight that is not in (0, 1e9], 404 when a number is not finite.
   */
  add(delta: Delta, weight: number): { norm: number; factor: number } {
    if (!(weight > 0 && weight <= LARGEST_WEIGHT))
      throw new Problem(101, `weight: ${weight} is not in (0, ${LARGEST_WEIGHT}]`);
    if (delta.count !== this.#size)
      throw new Error(`tally: a delta of ${delta.count} numbers for a model of ${this.#size}`);
    delta.assertFinite();
    const { before, combine, values } = this.#rules;
    const norm = delta.norm();
    const factor = before.reduce((f, rule) => f * rule.factor(f * norm, values), 1);
    combine.add(this.#state, delta, weight, factor);
    return { norm, factor };
  }

  /** Counts everything of another tally of the same pipeline: how the root takes in a shard. */
  merge(other: Tally): void {
    this.#rules.combine.merge(this.#state, other.#state);
  }

  /** A copy as bytes, for storage or another object: 8 a parameter, so past 250,000 it needs more than one SQLite row (2 MB). */
  snapshot(): Uint8Array {
    return this.#rules.combine.pack(this.#state);
  }

  /**
   * Makes the step of the round. The tally itself stays as it was.
   * @param afterState from the round before; none before the first
   * @throws when nothing was counted, or the state is of another rule; Problem 404 when the step
   *   overflows float32.
   */
  finish(afterState?: Float32Array): Outcome {
    const { combine, after, values } = this.#rules;
    const begun = after.begin(this.#size);
    const state = afterState ?? begun;
    if (state.length !== begun.length)
      throw new Error(`tally: an after-state of ${state.length} numbers, expected ${begun.length}`);
    const made = after.step(combine.finish(this.#state, values), state, values);
    if (firstNotFinite(made.step) >= 0 || firstNotFinite(made.state) >= 0)
      throw new Problem(404, 'the aggregated step is not finite');
    const { weight, count } = this.#state;
    return { step: made.step, afterState: made.state, weight, count };
  }
}
