import type { Order } from './orders.ts';
import { surpluses } from './pace.ts';
import { counted, quotas, shortage, taking, type State } from './round.ts';

/** An order but for its stamps, which say when it was made and not what is in it. */
export type Content = Omit<Order, 'stamp' | 'heard'>;

/** How things should stand in every shard, by its number. */
export function ordersOf(state: State): Content[] {
  const { round, open } = taking(state);
  const { bases, settled, nextOpenedAt, rules } = state;
  const deadline = nextOpenedAt === null ? state.deadline : nextOpenedAt + rules.deadlineMs;
  const reason = reasonOf(state);
  const quota = quotas(state);
  const surplus = surpluses(state);
  return state.shards.map((_, shard) => ({
    ...{ round, open, bases, deadline, settled, reason },
    ...{ quota: quota[shard]!, surplus: surplus[shard]! },
  }));
}

/** Why the round goes on without those who are still at work. */
function reasonOf(state: State): string {
  if (state.givenUp !== null) return state.givenUp;
  if (state.phase !== 'closing') return state.notice ?? '';
  const counts = counted(state, state.round);
  const { minimum } = state.rules;
  return counts.accepted < minimum ? shortage(counts, minimum) : 'the deadline has passed';
}
