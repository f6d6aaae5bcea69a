import type { State } from './round.ts';
import { presence } from './round.ts';
import type { Order } from './orders.ts';

/**
 * Pace steering (Bonawitz et al. 2019, "Towards federated learning at scale", section 2.3): whoever
 * will not be needed soon is told when to come back, instead of holding a line open.
 */

/** Volunteers kept at hand for every one that a round asks: who takes the place of those that leave. */
const RESERVE = 1;

/** However small a round is, so many may wait for the next one. */
const LEAST_RESERVE = 32;

const SOONEST_MS = 10_000;
const LATEST_MS = 3_600_000;

/** While nothing is being trained, nobody knows when it will be. */
const IDLE_MS = 600_000;

/** Volunteers beyond any need, shard by shard, and after how many milliseconds they are wanted. */
export function surpluses(state: State): Order['surplus'][] {
  const { wanted, deadlineMs } = state.rules;
  const here = presence(state);
  const extra = here - wanted - Math.max(LEAST_RESERVE, Math.ceil(RESERVE * wanted));
  if (extra <= 0) return state.shards.map(() => null);
  // They would be asked after as many rounds as it takes to use up the rest of the crowd.
  const rounds = Math.ceil(extra / wanted);
  const running = state.round < state.until;
  const ms = running ? rounds * (state.lastMs ?? deadlineMs) : IDLE_MS;
  const retryAfterMs = Math.min(LATEST_MS, Math.max(SOONEST_MS, ms));
  return state.shards.map((report) => {
    const count = Math.floor((extra * (report?.present ?? 0)) / here);
    return count > 0 ? { count, retryAfterMs } : null;
  });
}

/** A time near the given one, so that a crowd that was sent away together does not return so. */
export function spread(retryAfterMs: number, random: number): number {
  return retryAfterMs * (0.5 + random);
}
