import { Problem } from '../api/problem.ts';
import { firstNotFinite } from '../weights/delta.ts';
import type { Layout } from '../weights/layout.ts';
import type { MakeSum } from '../weights/sum.ts';
import { combine, type Ground } from './combine.ts';
import type { After, Before, Combine } from './contract.ts';
import { assertFits, assertReadable, lackOf, type Rounds } from './fit.ts';
import type { AfterId, BeforeId, CombineId } from './ids.ts';
import { AFTER, BEFORE, COMBINE } from './index.ts';
import { resolve } from './settings.ts';
import type { Source } from './slices.ts';
import { Tally } from './tally.ts';

/** The rules of a project, as its plan names them. */
export type PipelineConfig = {
  before: readonly BeforeId[];
  combine: CombineId;
  after: AfterId;
  settings: Readonly<Record<string, number>>;
};

/** before -> combine -> after, with their settings checked. Holds no state of any round. */
export type Pipeline = {
  /** Every setting of the three stages, defaults filled in: what to show and to log. */
  values: Readonly<Record<string, number>>;
  /** An empty tally for a model of `size` parameters. */
  begin(size: number, makeSum?: MakeSum): Tally;
  /**
   * A tally from what `snapshot` or `chunks` gave, in whatever pieces it was stored.
   * @throws when it is not one of this size and these rules
   */
  restore(snapshot: Uint8Array | Iterable<Uint8Array>, size: number, makeSum?: MakeSum): Tally;
  /**
   * Makes one delta, [size], of the shards' parts, in the order given and in slices.
   * @throws when nothing was counted, or a source does not give what it says
   */
  combine(sources: readonly Source[], ground: Ground): Promise<Float32Array>;
  /** @throws Problem 303 when a round of such a model could not be read in the calls that there are. */
  assertReadable(layout: Layout): void;
  /** What keeps the combining rule from its promise in a round of so many parts, or null: for the log. */
  lacks(parts: number): string | null;
  /**
   * Makes the round's step, to add to its weights, of the combined delta.
   * @param mean [size]  @param state what the step before returned; none before the first
   * @returns the step, [size], and the state for the next; both fresh
   * @throws when the state is of another rule or size; Problem 404 when a number overflows float32
   */
  step(mean: Float32Array, state?: Float32Array): { step: Float32Array; afterState: Float32Array };
};

/**
 * @param rounds what its rounds are like; left out, it is for no plan and fits everywhere
 * @throws Problem 303 for an unknown or doubled rule, an unknown setting or one out of range, or
 *   rules that cannot work in such rounds.
 */
export function createPipeline(config: PipelineConfig, rounds?: Rounds): Pipeline {
  const before = config.before.map((id) => ruleOf<Before>(BEFORE, id, 'before'));
  if (new Set(before).size < before.length)
    throw new Problem(303, `aggregation: a rule is named twice in ${config.before.join(', ')}`);
  const rule = ruleOf<Combine>(COMBINE, config.combine, 'combine');
  const after = ruleOf<After>(AFTER, config.after, 'after');
  const declared = [...before, rule, after].map(({ settings }) => settings);
  const values = resolve(declared, config.settings);
  if (rounds) assertFits(config.before, rule, values, rounds);
  const buckets = rule.reads === 'sum' ? 1 : values['buckets']!;
  const tallyRules = { before, values, buckets };
  return {
    values,
    begin: (size, makeSum) => new Tally(tallyRules, size, makeSum),
    restore(snapshot, size, makeSum) {
      const chunks = snapshot instanceof Uint8Array ? [snapshot] : snapshot;
      return Tally.restore(tallyRules, chunks, size, makeSum);
    },
    combine: (sources, ground) => combine(rule, values, sources, ground),
    assertReadable(layout) {
      if (rounds) assertReadable(rule, values, rounds, layout);
    },
    lacks: (parts) => lackOf(rule, parts, values),
    step: (mean, state) => step(after, values, mean, state),
  };
}

/** Plans come from a database, where a rule that was since removed may still be named. */
function ruleOf<Rule>(table: Record<string, Rule>, id: string, stage: string): Rule {
  const rule = Object.hasOwn(table, id) ? table[id] : undefined;
  if (!rule) throw new Problem(303, `aggregation: there is no ${stage} rule "${id}"`);
  return rule;
}

function step(
  after: After,
  values: Readonly<Record<string, number>>,
  mean: Float32Array,
  state?: Float32Array,
): { step: Float32Array; afterState: Float32Array } {
  const begun = after.begin(mean.length, values);
  const from = state ?? begun;
  if (from.length !== begun.length)
    throw new Error(`aggregation: an after-state of ${from.length} numbers, not ${begun.length}`);
  const made = after.step(mean, from, values);
  if (firstNotFinite(made.step) >= 0 || firstNotFinite(made.state) >= 0)
    throw new Problem(404, 'the aggregated step is not finite');
  return { step: made.step, afterState: made.state };
}
