import { Problem } from '../../shared/api/problem.ts';
import { Unreachable } from './api.ts';

/** How long, and until when, one goes on trying. */
export type Patience = {
  /** Calls it off. */
  signal?: AbortSignal | undefined;
  /** Milliseconds since 1970 until which a try can still be of use. Five are made anyway: clocks differ. */
  until?: number | undefined;
  /** A `wake` event ends the wait for somebody who was silent: the line is back, so the edge may be too. */
  wake?: EventTarget | undefined;
};

const TRIES = 5;
const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Share of a wait that is left to chance, so that a crowd that was cut off at once does not come back at once. */
const JITTER = 0.5;

/** setTimeout takes no more: a longer one would ring at once. */
const MOST_MS = 2 ** 31 - 1;

/**
 * Tries until there is an answer. Silence is met with waits of 0.5, 1, 2, ... 15 s, each cut by up to
 * a half (Brooker 2015, "Exponential backoff and jitter", his "equal jitter"); an edge that says when
 * to come back is not asked sooner. Only for what may safely be done twice.
 * @throws the refusal, when it is final; the last one when patience is at its end; the signal's reason.
 */
export async function persist<T>(attempt: () => Promise<T>, patience: Patience = {}): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const after = retryAfter(error);
      if (after === 'never') throw error;
      const told = after !== 'unknown';
      const wait = told ? after * 1000 * (1 + JITTER * Math.random()) : backoff(tries);
      if (tries >= TRIES && Date.now() + wait > (patience.until ?? 0)) throw error;
      await pause(wait, told ? { ...patience, wake: undefined } : patience);
    }
  }
}

/** Seconds after which another try makes sense, where the edge has said so. */
function retryAfter(error: unknown): number | 'unknown' | 'never' {
  if (error instanceof Unreachable) return error.retryAfter ?? 'unknown';
  if (!(error instanceof Problem)) return 'never';
  if (error.code !== 414 && error.code !== 901) return 'never';
  return error.hints.retryAfter ?? 'unknown';
}

/** Whether another try would come to the same. */
export function isFinal(error: unknown): boolean {
  return retryAfter(error) === 'never';
}

/** Milliseconds to wait after so many tries. */
export function backoff(tries: number): number {
  const whole = Math.min(FIRST_MS * 2 ** (tries - 1), LONGEST_MS);
  return whole * (1 - JITTER * Math.random());
}

/** Resolves after so many milliseconds, or when woken. @throws the signal's reason when it is aborted first. */
export function pause(milliseconds: number, { signal, wake }: Patience = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const over = new AbortController();
    const end = (settle: () => void) => {
      clearTimeout(timer);
      over.abort();
      settle();
    };
    const timer = setTimeout(() => end(resolve), Math.min(milliseconds, MOST_MS));
    const listening = { signal: over.signal };
    signal?.addEventListener('abort', () => end(() => reject(signal.reason as Error)), listening);
    wake?.addEventListener('wake', () => end(resolve), listening);
  });
}
