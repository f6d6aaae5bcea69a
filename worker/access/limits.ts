import { Problem } from '../../shared/api/problem.ts';
import type { Env } from '../env.ts';

type Limiter = Pick<RateLimit, 'limit'>;

/** Who or what is limited: callers without a key by their address, keys, and joins by address. */
export type Limited = 'address' | 'key' | 'join';

/** The platform's binding, and the setting for an edge that has none. */
const NAMES = {
  address: ['ADDRESS_LIMIT', 'ADDRESS_PER_MINUTE'],
  key: ['KEY_LIMIT', 'KEY_PER_MINUTE'],
  join: ['JOIN_LIMIT', 'JOINS_PER_MINUTE'],
} as const satisfies Record<Limited, [keyof Env, keyof Env]>;

const MINUTE_MS = 60_000;

/** Of an edge that is one process: it has seen every request itself. */
const counters: Partial<Record<Limited, Limiter>> = {};

/**
 * Counts one request, by the platform's binding where there is one, else in this process. Neither is
 * exact, nor need it be: it is there to keep a flood out. @throws Problem 212
 */
export async function limit(env: Env, limited: Limited, key: string): Promise<void> {
  const limiter = limiterOf(env, limited);
  if (!limiter || (await limiter.limit({ key })).success) return;
  const retryAfter = Math.ceil((MINUTE_MS - (Date.now() % MINUTE_MS)) / 1000);
  throw new Problem(212, `too many in this minute from this ${WHO[limited]}`, { retryAfter });
}

const WHO: Record<Limited, string> = {
  address: 'address',
  key: 'key',
  join: 'address, to join',
};

function limiterOf(env: Env, limited: Limited): Limiter | undefined {
  const [binding, setting] = NAMES[limited];
  if (env[binding]) return env[binding];
  const most = Number(env[setting] ?? '0');
  return most > 0 ? (counters[limited] ??= new MinuteCounter(most)) : undefined;
}

/** Different callers that are told apart within a minute; the rest are counted as one. */
const MOST_CALLERS = 50_000;

/** Requests a caller, in minutes of the clock. */
export class MinuteCounter implements Limiter {
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  #minute = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async limit({ key }: { key: string }): Promise<{ success: boolean }> {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    if (minute !== this.#minute) this.#counts.clear();
    this.#minute = minute;
    const known = this.#counts.has(key) || this.#counts.size < MOST_CALLERS;
    const counted = known ? key : '';
    const count = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, count);
    return { success: count <= this.#most };
  }
}
