import type { Env } from '../env.ts';
import { Tally, type Entries } from './tally.ts';

const tally = new Tally((ms) => scheduler.wait(ms));

/**
 * Adds to a project's counters, or to the edge's, with all else that this isolate counts in the second.
 * @returns what is to be waited for behind the reply; undefined where an earlier request does so
 */
export function count(env: Env, counters: string, entries: Entries): Promise<void> | undefined {
  return tally.add(counters, entries, async (id, batch) => {
    await env.COUNTERS.getByName(counters).add(id, batch);
  });
}
