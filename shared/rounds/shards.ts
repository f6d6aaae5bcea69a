import type { Plan } from '../api/plan.ts';

/** Volunteers asked in a round that one shard can well carry; see docs/scale.md. */
const PER_SHARD = 250;

export const MOST_SHARDS = 512;

/**
 * Volunteers asked that a shard can carry at all: with the reserve that pace steering keeps at hand they
 * have 4,000 lines of the 5,000 that an object takes, and their row is a tenth of the 2 MB allowed.
 */
export const MOST_ASKED = 2000;

/** How many volunteers a round asks for the deltas that it wants. */
export function askedFor({
  goal,
  overSelection,
}: Pick<Plan['round'], 'goal' | 'overSelection'>): number {
  return Math.ceil(goal * overSelection);
}

/** Shards of a project: the plan's, or enough for its rounds. Fixed, as the plan is. */
export function shardsOf({ round }: Pick<Plan, 'round'>): number {
  return round.shards ?? Math.min(MOST_SHARDS, Math.ceil(askedFor(round) / PER_SHARD));
}

/** The shard of a volunteer, 0 to shards - 1: the same wherever it is asked (FNV-1a, 32 bits). */
export function shardOf(volunteer: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < volunteer.length; i++)
    hash = Math.imul(hash ^ volunteer.charCodeAt(i), 0x01000193) >>> 0;
  return hash % shards;
}
