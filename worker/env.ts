import type { Coordinator } from './rounds/coordinator.ts';
import type { Shard } from './rounds/shard.ts';
import type { Finetuner } from './finetune/finetuner.ts';

/** What wrangler.toml binds. */
export type Env = {
  DB: D1Database;
  BLOBS: R2Bucket;
  ASSETS: Fetcher;
  COORDINATOR: DurableObjectNamespace<Coordinator>;
  SHARD: DurableObjectNamespace<Shard>;
  FINETUNER: DurableObjectNamespace<Finetuner>;
  /** Bearer token of the first admin. */
  ADMIN_TOKEN: string;
  /** Key under which volunteers' tickets are signed. */
  TICKET_SECRET: string;
  /** '1': every step of persistence is announced on the console, for the crash bench. */
  TRACE_PERSISTENCE?: string;
};

const LEAST = 16;

/** @throws when a secret is missing or short: an edge that anyone could administer must not start. */
export function checkEnv(env: Env): void {
  for (const name of ['ADMIN_TOKEN', 'TICKET_SECRET'] as const)
    if (!env[name] || env[name].length < LEAST)
      throw new Error(
        `${name} is missing or shorter than ${LEAST} characters: set it with \`wrangler secret put ${name}\``,
      );
}
