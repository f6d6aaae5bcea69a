import type { Meter } from './access/meter.ts';
import type { Coordinator } from './rounds/coordinator.ts';
import type { Shard } from './rounds/shard.ts';
import type { Finetuner } from './finetune/finetuner.ts';
import { DEPTHS, type Depth } from './observe/log.ts';
import type { Counters } from './observe/counters.ts';

/** What wrangler.toml binds. */
export type Env = {
  DB: D1Database;
  BLOBS: R2Bucket;
  ASSETS: Fetcher;
  COORDINATOR: DurableObjectNamespace<Coordinator>;
  SHARD: DurableObjectNamespace<Shard>;
  FINETUNER: DurableObjectNamespace<Finetuner>;
  METER: DurableObjectNamespace<Meter>;
  COUNTERS: DurableObjectNamespace<Counters>;
  /** The edge's own secret: opens every admin route, and is no key that could be revoked. */
  ADMIN_TOKEN: string;
  /** Exchanged once for the first admin key. */
  SETUP_TOKEN?: string;
  /** Key under which volunteers' tickets are signed. */
  TICKET_SECRET: string;
  /** The platform's rate limits, where the edge is deployed. */
  ADDRESS_LIMIT?: RateLimit;
  KEY_LIMIT?: RateLimit;
  JOIN_LIMIT?: RateLimit;
  /** The same, in requests a minute, for an edge that is one process without a platform; none where left out. */
  ADDRESS_PER_MINUTE?: string;
  KEY_PER_MINUTE?: string;
  JOINS_PER_MINUTE?: string;
  /** Header in which whatever stands before the edge says where a request comes from; see access/address.ts. */
  ADDRESS_HEADER?: string;
  /** What is asked of who joins: `none`, `work` or `turnstile`. */
  CHALLENGE?: string;
  TURNSTILE_SITE_KEY?: string;
  TURNSTILE_SECRET?: string;
  /** Where Turnstile's tokens are checked, if not at Cloudflare. */
  TURNSTILE_VERIFY_URL?: string;
  /** Time series of every request, where the platform keeps them. */
  ANALYTICS?: AnalyticsEngineDataset;
  /** How much is written to the log; `notable` where left out. */
  LOG?: Depth;
  /** '1': every step of persistence is announced on the console, for the crash bench. */
  TRACE_PERSISTENCE?: string;
};

const LEAST = 16;
const CHALLENGES = ['none', 'work', 'turnstile'];

/** Found right before: a request must not pay for it again. */
const checked = new WeakSet<Env>();

/**
 * @throws when a secret is missing or short, or a setting is none: an edge that anyone could
 * administer, or that guards less than it was told to, must not start.
 */
export function checkEnv(env: Env): void {
  if (checked.has(env)) return;
  for (const name of ['ADMIN_TOKEN', 'TICKET_SECRET'] as const)
    if (!env[name] || env[name].length < LEAST)
      throw new Error(
        `${name} is missing or shorter than ${LEAST} characters: set it with \`wrangler secret put ${name}\``,
      );
  if (env.SETUP_TOKEN !== undefined && env.SETUP_TOKEN.length < LEAST)
    throw new Error(`SETUP_TOKEN is shorter than ${LEAST} characters`);
  if (env.CHALLENGE !== undefined && !CHALLENGES.includes(env.CHALLENGE))
    throw new Error(`CHALLENGE is "${env.CHALLENGE}", not one of ${CHALLENGES.join(', ')}`);
  if (env.LOG !== undefined && !DEPTHS.includes(env.LOG))
    throw new Error(`LOG is "${env.LOG}", not one of ${DEPTHS.join(', ')}`);
  for (const name of ['TURNSTILE_SITE_KEY', 'TURNSTILE_SECRET'] as const)
    if (env.CHALLENGE === 'turnstile' && !env[name])
      throw new Error(`CHALLENGE is turnstile, and ${name} is missing`);
  for (const name of ['ADDRESS_PER_MINUTE', 'KEY_PER_MINUTE', 'JOINS_PER_MINUTE'] as const)
    if (env[name] !== undefined && !/^\d{1,9}$/.test(env[name]))
      throw new Error(`${name} is "${env[name]}", not a number of requests`);
  checked.add(env);
}
