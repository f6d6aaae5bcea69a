import { Problem, type ProblemCode } from '../../shared/api/problem.ts';
import { Unreachable } from './api.ts';

/** How long, and until when, one goes on trying. */
export type Patience = {
  /** Calls it off. */
  signal?: AbortSignal | undefined;
  /** Milliseconds since 1970 until which a try can still be of use. Some are made anyway: clocks differ. */
  until?: number | undefined;
  /** Tries that are made whatever `until` says: five unless told otherwise. */
  tries?: number | undefined;
  /** Milliseconds since 1970 after which nobody waits any more: a wait that would end later is not begun. */
  deadline?: number | undefined;
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
      const next = Date.now() + wait;
      if (next > (patience.deadline ?? Number.POSITIVE_INFINITY)) throw error;
      if (tries >= (patience.tries ?? TRIES) && next > (patience.until ?? 0)) throw error;
      await pause(wait, told ? { ...patience, wake: undefined } : patience);
    }
  }
}

/** Refusals that ask for another try without saying when. */
const AGAIN: readonly ProblemCode[] = [414, 705, 901];

/** Seconds after which another try makes sense, where the edge has said so. */
function retryAfter(error: unknown): number | 'unknown' | 'never' {
  if (error instanceof Unreachable) return error.retryAfter ?? 'unknown';
  if (!(error instanceof Problem)) return 'never';
  return error.retryAfter ?? (AGAIN.includes(error.code) ? 'unknown' : 'never');
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
