import { Problem } from '../../shared/api/problem.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import { Unreachable } from '../net/api.ts';
import { persist } from '../net/persist.ts';

/** The POSTs that change nothing: asked twice, they answer twice. */
const PURE: ReadonlySet<RouteName> = new Set<RouteName>([
  'classify',
  'classifyBatch',
  'embed',
  'embedBatch',
]);

/** Whether a call changes nothing at the edge. */
export function isPure(name: RouteName): boolean {
  return (ROUTES[name] as Route).method === 'GET' || PURE.has(name);
}

/** How long a call may take, waits between its tries included, and who may call it off. */
export type Limits = { timeout: number; tries: number; signal: AbortSignal | undefined };

/**
 * Tries a call again where that is of use and does no harm. A refusal that says "not now" has left
 * everything as it was, so any call may come back. After silence nobody knows whether an act took
 * effect: only what is pure is asked again. A class added twice would be refused as taken (602) by
 * one's own lost answer; an undo done twice would bring back what was undone.
 * @throws the last refusal; Unreachable when there was none in time; the signal's reason.
 */
export async function repeat<T>(
  name: RouteName,
  attempt: (signal: AbortSignal) => Promise<T>,
  { timeout, tries, signal }: Limits,
): Promise<T> {
  const late = AbortSignal.timeout(timeout);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  let last: unknown;
  const once = async () => {
    try {
      return { value: await attempt(either) };
    } catch (error) {
      if (!either.aborted) last = error;
      if (isPure(name) || leftAllAsItWas(error)) throw error;
      return { error };
    }
  };
  try {
    const deadline = Date.now() + timeout;
    const outcome = await persist(once, { signal: either, tries, deadline });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  } catch (error) {
    if (signal?.aborted || !late.aborted) throw error;
    throw last ?? new Unreachable(`no answer within ${timeout} ms`, { cause: error });
  }
}

/** An error on the other side may have come after the act. */
function leftAllAsItWas(error: unknown): boolean {
  return error instanceof Problem && error.code !== 901;
}
