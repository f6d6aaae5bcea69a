import { Problem } from '../api/problem.ts';
import type { Layout } from '../weights/layout.ts';
import { LEAST_PARTS } from './combine.ts';
import type { Combine } from './contract.ts';
import { MOST_CALLS, sliceSizeFor } from './slices.ts';

/** The rounds that a pipeline is for, as far as its rules depend on them. */
export type Rounds = {
  /** Deltas that close a round. */
  goal: number;
  /** Objects that the volunteers are spread over: `shardsOf` of the plan. */
  shards: number;
  mode: 'sync' | 'async';
  /** Versions that a delta may lie behind in an asynchronous round. */
  maxStaleness: number;
};

type Values = Readonly<Record<string, number>>;

/**
 * Parts that the root compares at most. Of so many, a million parameters took 10 s, whether their
 * inner products were summed up or their coordinates sorted (one core, Node 24), and an invocation at
 * the edge may take 30 s. Inner products grow with the parts' square.
 */
const MOST_PARTS = 128;

/**
 * Refuses rules that cannot work in these rounds. An asynchronous plan has to say what its stale
 * deltas are worth: one that names no rule for them has more likely forgotten it than decided that
 * they count in full, which it can still say in a setting.
 * @throws Problem 303 with what to change
 */
export function assertFits(
  before: readonly string[],
  combine: Combine,
  values: Values,
  rounds: Rounds,
): void {
  const { goal, shards, mode, maxStaleness } = rounds;
  if (mode === 'async' && maxStaleness > 0 && !before.includes('staleness'))
    refuse(
      `asynchronous rounds count deltas of up to ${maxStaleness} versions ago; name "staleness" in ` +
        'before, and set stalenessPower to 0 if they shall count in full',
    );
  if (combine.reads === 'sum') return;
  if (mode === 'async' && combine.breaksAsync)
    refuse(`${combine.breaksAsync}; set round.mode to "sync"`);
  const buckets = values['buckets']!;
  // At best. With more deltas than buckets and several shards it hangs on how the volunteers are
  // spread; a plan is refused for what it can never be.
  const parts = Math.min(goal, shards * buckets);
  const made = `goal ${goal} in ${shards} x ${buckets} buckets makes ${parts} parts`;
  const lack = lackOf(combine, parts, values);
  if (lack) refuse(`${made}; ${lack}`);
  if (parts > MOST_PARTS)
    refuse(`${made}; the root compares at most ${MOST_PARTS}: lower buckets, or round.shards`);
}

/**
 * Refuses a rule that needs all parts at once, in slices so thin that reading them takes more calls than
 * an invocation may make: the round could never be aggregated.
 * @param layout of what the rule combines
 * @throws Problem 303 with what to change
 */
export function assertReadable(
  combine: Combine,
  values: Values,
  { goal, shards }: Pick<Rounds, 'goal' | 'shards'>,
  layout: Layout,
): void {
  if (combine.reads === 'sum') return;
  const slice = sliceSizeFor(Math.min(goal, shards * values['buckets']!));
  const slicesOf = (size: number) => Math.ceil(size / slice);
  const byLayer = combine.reads === 'products' && combine.over === 'layer';
  const slices = byLayer
    ? layout.entries.reduce((sum, { size }) => sum + slicesOf(size), 0)
    : slicesOf(layout.size);
  const passes = combine.reads === 'products' ? 2 : 1;
  const sources = Math.min(goal, shards);
  const calls = passes * slices * sources;
  if (calls > MOST_CALLS)
    refuse(
      `${layout.size} parameters of ${sources} shards take ${calls} reads, and an invocation may make ` +
        `${MOST_CALLS}: lower round.shards or buckets`,
    );
}

/** What keeps a combining rule from its promise with so many parts, or null. */
export function lackOf(combine: Combine, parts: number, values: Values): string | null {
  if (combine.reads === 'sum') return null;
  if (combine.robust && parts < LEAST_PARTS)
    return `of fewer than ${LEAST_PARTS} none is a minority: raise round.goal or buckets`;
  return combine.lacks?.(parts, values) ?? null;
}

function refuse(why: string): never {
  throw new Problem(303, `aggregation: ${why}`);
}
