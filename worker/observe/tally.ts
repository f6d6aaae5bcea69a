import { BOUNDS_MS, bucketOf } from './buckets.ts';
import type { Batch } from './counters.ts';

/** What one request has to tell. */
export type Entries = { counts?: Record<string, number>; observed?: Record<string, number> };

type Send = (id: string, batch: Batch) => Promise<void>;

/** Behind a reply a worker may go on for 30 s. */
const COLLECT_MS = 1000;

const TRIES = 3;

/**
 * What an isolate has counted and not told yet. The first request to add to an empty batch sends it a
 * second later, with all that came meanwhile: one write a second and project, however many requests.
 * Exact but for an isolate that is torn down within that second.
 */
export class Tally {
  readonly #batches = new Map<string, Batch>();
  readonly #wait: (ms: number) => Promise<unknown>;

  constructor(wait: (ms: number) => Promise<unknown>) {
    this.#wait = wait;
  }

  /**
   * @param meter whose counters  @param send adds a batch there; called again with the same id where
   *   it failed, for nobody knows whether it was added
   * @returns what is to be waited for behind the reply; undefined where an earlier request does so
   */
  add(
    meter: string,
    { counts = {}, observed = {} }: Entries,
    send: Send,
  ): Promise<void> | undefined {
    const known = this.#batches.get(meter);
    const batch = known ?? { counts: {}, observed: {} };
    for (const [name, by] of Object.entries(counts))
      batch.counts[name] = (batch.counts[name] ?? 0) + by;
    for (const [name, ms] of Object.entries(observed)) {
      const all = (batch.observed[name] ??= { buckets: noBuckets(), sum: 0 });
      all.buckets[bucketOf(ms)]! += 1;
      all.sum += ms;
    }
    if (known) return undefined;
    this.#batches.set(meter, batch);
    return this.#wait(COLLECT_MS).then(() => this.#send(meter, send));
  }

  async #send(meter: string, send: Send): Promise<void> {
    const batch = this.#batches.get(meter) as Batch;
    this.#batches.delete(meter);
    const id = crypto.randomUUID();
    for (let attempt = 1; ; attempt++)
      try {
        return await send(id, batch);
      } catch (error) {
        if (attempt === TRIES) throw error;
        await this.#wait(COLLECT_MS * attempt);
      }
  }
}

function noBuckets(): number[] {
  return Array.from({ length: BOUNDS_MS.length + 1 }, () => 0);
}
